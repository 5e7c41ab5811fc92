"""What belongs to this clone of the repository, so that two clones run side by side: names, addresses, ports, paths."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path

from operations import files
from sandbox.errors import SandboxError

ROOT = Path(__file__).resolve().parent.parent
LABEL = "neurmatic.sandbox"
CACHE_LABEL = "neurmatic.sandbox.cache"


def _address(host: int) -> cached_property[str]:
    """Return the address with this number in the clone's network."""
    return cached_property(lambda clone: str(clone.subnet[host]))


def _path(path: str) -> cached_property[Path]:
    """Return a path below the clone's state."""
    return cached_property(lambda clone: clone.state / path)


@dataclass(frozen=True)
class Clone:
    """One checkout and all that its sandbox owns."""

    root: Path = ROOT

    @cached_property
    def _number(self) -> int:
        return zlib.crc32(str(self.root).encode())

    @property
    def name(self) -> str:
        """Prefix and label value of every Docker object of this clone."""
        return f"neurmatic-{self._number:08x}"

    @property
    def labels(self) -> dict[str, str]:
        """Marks a Docker object as this clone's, so that `make down` removes it and nothing else."""
        return {LABEL: self.name}

    @property
    def state(self) -> Path:
        """Everything that `make up` writes into the clone; `make down` removes it whole."""
        return self.root / ".sandbox"

    @property
    def cache(self) -> Path:
        """What is costly to make and the same for every clone; survives `make down`."""
        return files.cache()

    @property
    def logs(self) -> Path:
        """One log a step."""
        return self.state / "logs"

    @property
    def subnet(self) -> IPv4Network:
        """The clone's own Docker network, within 10.200.0.0/13, which home and cloud networks seldom use."""
        return IPv4Network((0x0AC80000 + (self._number % 2048) * 256, 24))

    gateway = _address(1)
    """The machine itself, seen from the clone's network."""
    box = _address(10)
    """The VPS."""
    s3 = _address(20)
    """The S3 and IAM API."""
    cloudflare = _address(21)
    """The Cloudflare API and the DNS server that answers from its zones."""
    acme = _address(22)
    """The certificate authority."""
    registry = _address(23)
    """The image registry."""
    webhooks = _address(24)
    """The receiver of webhooks."""

    ca = _path("ca/ca.pem")
    """The certificate that signs the outside services' certificates."""
    ca_key = _path("ca/ca.key")
    """Its private key."""
    ca_bundle = _path("ca/bundle.pem")
    """The system's certificate authorities and the sandbox's own, for processes on this machine."""
    platform_ca = _path("ca/platform.pem")
    """The root that issued the platform's certificate: what a user passes to `curl --cacert`."""
    ssh_key = _path("ssh/id_ed25519")
    """The private key that opens the box."""
    ssh_host_key = _path("ssh/host_ed25519")
    """The box's own host key, made before the box so that the program knows it."""
    ssh_config = _path("ssh/config")
    """How ssh reaches the box: `ssh -F .sandbox/ssh/config vps`."""
    known_hosts = _path("ssh/known_hosts")
    """The box's host key in OpenSSH's form."""

    @property
    def port_base(self) -> int:
        """First of the ten loopback ports of this clone; SANDBOX_PORT_BASE chooses another."""
        chosen = os.environ.get("SANDBOX_PORT_BASE") or self._kept_port_base
        if not chosen:
            return 20000 + (self._number % 1000) * 10
        if not (chosen.isdecimal() and 1024 <= int(chosen) <= 65526):
            raise SandboxError(f"SANDBOX_PORT_BASE is {chosen!r}", "set it to a number from 1024 to 65526, or unset it")
        return int(chosen)

    @property
    def _kept_port_base(self) -> str:
        file = self.state / "port-base"
        return file.read_text() if file.exists() else ""

    def keep_ports(self) -> None:
        """Have later commands of this clone use the ports of this one, also without SANDBOX_PORT_BASE."""
        files.write(self.state / "port-base", str(self.port_base).encode())

    @property
    def has_ports(self) -> bool:
        """Whether `make up` was ever begun here and not undone."""
        return bool(self._kept_port_base)

    @property
    def ssh_port(self) -> int:
        """Loopback port of the box's port 22."""
        return self.port_base

    @property
    def http_port(self) -> int:
        """Loopback port of the box's port 80."""
        return self.port_base + 1

    @property
    def https_port(self) -> int:
        """Loopback port of the box's port 443."""
        return self.port_base + 2

    @property
    def registry_port(self) -> int:
        """Loopback port of the registry, for pushes from this machine's Docker."""
        return self.port_base + 3
