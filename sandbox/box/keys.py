"""The keys of the box, of which one opens it and the other proves that it is the box, and how ssh uses them."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.files import PRIVATE, write
from sandbox.clone import Clone


def ensure(clone: Clone) -> None:
    """Make the keys that are missing; write their public halves, and ssh's known hosts and configuration."""
    for key in (clone.ssh_key, clone.ssh_host_key):
        ensure_pair(key)
    host_key = public(clone.ssh_host_key)
    write(clone.known_hosts, f"[127.0.0.1]:{clone.ssh_port} {host_key}\n{clone.box} {host_key}\n".encode())
    write(clone.ssh_config, _config(clone).encode())


def _config(clone: Clone) -> str:
    """Return the configuration with which ssh knows the box as `vps`."""
    return f"""\
Host vps
    HostName 127.0.0.1
    Port {clone.ssh_port}
    User root
    IdentityFile {_quoted(clone.ssh_key)}
    IdentitiesOnly yes
    UserKnownHostsFile {_quoted(clone.known_hosts)}
    StrictHostKeyChecking yes
    BatchMode yes
    ConnectTimeout 5
    LogLevel ERROR
"""


def _quoted(path: Path) -> str:
    """Return a path as ssh's configuration takes it, in which `%` begins a placeholder."""
    return f'"{str(path).replace("%", "%%")}"'


def ensure_pair(key: Path) -> Path:
    """Make a private key unless there is one, and its public half beside it; return the private one's path."""
    if not key.exists():
        write(key, _new_private_key(), PRIVATE)
    write(key.with_suffix(".pub"), f"{public(key)}\n".encode())
    return key


def public(key: Path) -> str:
    """Return the public half of a private key: `ssh-ed25519 AAAA…`."""
    private = serialization.load_ssh_private_key(key.read_bytes(), password=None)
    encoded = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return encoded.decode()


def _new_private_key() -> bytes:
    """Return an ed25519 key in OpenSSH's form."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
