"""What the plain containers have in common."""

REPLACED_BY = ("healthcheck", "mounts", "tmpfs")
"""Inputs that Docker fixes when it makes a container. The provider takes a change for an update, and never makes it."""
