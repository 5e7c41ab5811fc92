"""The box's name, and the shell that is opened on it."""

from __future__ import annotations

from sandbox.clone import Clone


def name(clone: Clone) -> str:
    """Return the name of the box's container."""
    return f"{clone.name}-box"


def ssh(clone: Clone, *options: str) -> list[str]:
    """Return the command that opens a shell on the box, and runs on it what is appended."""
    return ["ssh", "-F", str(clone.ssh_config), *options, "vps"]
