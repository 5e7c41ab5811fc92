"""Everything that stands in for the world outside: the VPS, the clouds, the certificate authority."""
