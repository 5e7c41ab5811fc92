"""The box's /etc/resolv.conf: this machine's own DNS servers.

Docker's own would be 127.0.0.11, which the nested Docker cannot pass on to its containers: it would send their
questions to public servers, and where none is reachable, every name that does not exist would cost seconds.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from sandbox.clone import Clone

# systemd-resolved keeps the real servers in the first and its own loopback address in the second.
SOURCES = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))


def path(clone: Clone) -> Path:
    """Return the file that the box has mounted."""
    return clone.state / "box" / "resolv.conf"


def write(clone: Clone) -> None:
    """Write the file in place, so that a running box sees the change."""
    path(clone).parent.mkdir(parents=True, exist_ok=True)
    path(clone).write_text(render([source.read_text() for source in SOURCES if source.is_file()]))


def render(texts: list[str]) -> str:
    """Return the first text's servers that a container can reach; Docker's own resolver where there is none."""
    for text in texts:
        words = [line.split() for line in text.splitlines()]
        servers = [line[1] for line in words if line[:1] == ["nameserver"] and _reachable(line[1])]
        if servers:
            return "".join(f"nameserver {server}\n" for server in servers)
    return "nameserver 127.0.0.11\n"


def _reachable(server: str) -> bool:
    """Tell whether an address means the same server in a container as on this machine."""
    address = ip_address(server.partition("%")[0])
    return not (address.is_loopback or address.is_link_local)
