"""The services outside the VPS: S3, Cloudflare, the certificate authority, the image registry, the webhook receiver."""
