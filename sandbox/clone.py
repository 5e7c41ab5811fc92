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

    def address(self, host: int) -> str:
        """Return the subnet's address with this host number."""
        return str(self.subnet[host])

    @property
    def gateway(self) -> str:
        """The machine itself, seen from the clone's network."""
        return self.address(1)

    @property
    def box(self) -> str:
        """The VPS."""
        return self.address(10)

    @property
    def s3(self) -> str:
        """The S3 and IAM API."""
        return self.address(20)

    @property
    def cloudflare(self) -> str:
        """The Cloudflare API and the DNS server that answers from its zones."""
        return self.address(21)

    @property
    def acme(self) -> str:
        """The certificate authority."""
        return self.address(22)

    @property
    def registry(self) -> str:
        """The image registry."""
        return self.address(23)

    @property
    def webhooks(self) -> str:
        """The receiver of webhooks."""
        return self.address(24)

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

    @property
    def ca(self) -> Path:
        """The certificate that signs the outside services' certificates."""
        return self.state / "ca" / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """Its private key."""
        return self.state / "ca" / "ca.key"

    @property
    def ca_bundle(self) -> Path:
        """The system's certificate authorities and the sandbox's own, for processes on this machine."""
        return self.state / "ca" / "bundle.pem"

    @property
    def platform_ca(self) -> Path:
        """The root that issued the platform's certificate: what a user passes to `curl --cacert`."""
        return self.state / "ca" / "platform.pem"

    @property
    def ssh_key(self) -> Path:
        """The private key that opens the box."""
        return self.state / "ssh" / "id_ed25519"

    @property
    def ssh_host_key(self) -> Path:
        """The box's own host key, made before the box so that the program knows it."""
        return self.state / "ssh" / "host_ed25519"

    @property
    def ssh_config(self) -> Path:
        """How ssh reaches the box: `ssh -F .sandbox/ssh/config vps`."""
        return self.state / "ssh" / "config"

    @property
    def known_hosts(self) -> Path:
        """The box's host key in OpenSSH's form."""
        return self.state / "ssh" / "known_hosts"
