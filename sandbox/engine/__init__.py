"""The real Pulumi engine: the one on PATH, or one built here, with a language host for Python."""
