"""The VPS and its network."""

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from settings.values import (
    AddressV4,
    AddressV6,
    KeyFile,
    Memory,
    Port,
    PrivateAddressV4,
    Section,
    SshPublicKey,
    Subnet,
    refuse,
)


class HostSettings(Section):
    """The VPS and the way to it."""

    ipv4: AddressV4
    """Public address: what the A records point to."""
    ipv6: AddressV6 | None = None
    """Public address: what the AAAA records point to. Docker hides from nginx who asks over IPv6; Cloudflare, once
    `dns.proxied` holds, serves IPv6 without it."""
    address: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:_-]*$")]
    """Name or address that SSH connects to."""
    ssh_port: Port = 22
    """Port of its sshd."""
    ssh_user: Literal["root"] = "root"
    """Sets up the host; no other user can, so far."""
    ssh_host_key: SshPublicKey
    """The host's public key; another host that answers at this address is refused."""
    ssh_private_key_file: KeyFile
    """Private key that opens the host; read, never copied."""
    ssh_known_hosts_file: KeyFile
    """File in OpenSSH's form that holds the host's key; Docker's connections accept no other."""
    free_disk: Memory = 5120
    """Room that is left before anything is deployed: 2 GB for a release's images beside those before it, 1 GB for
    PostgreSQL's log of changes (max_wal_size), and 2 GB so that no disk is ever full."""
    swarm_address: PrivateAddressV4 = IPv4Address("127.0.0.1")
    """Address at which the nodes of the cluster reach one another; loopback, with one node, closes Swarm's ports."""

    @property
    def listens(self) -> tuple[str, ...]:
        """Return the addresses at which nginx is reached from everywhere."""
        return ("0.0.0.0", "::") if self.ipv6 else ("0.0.0.0",)  # noqa: S104  the world's door


class NetworkSettings(Section):
    """The networks between the containers; neither may overlap a network that the host is in."""

    subnet: Subnet = IPv4Network("10.64.77.0/24")
    """Addresses of nginx, frontend and backends; a change replaces their network and stops the platform."""
    data_subnet: Subnet = IPv4Network("10.64.78.0/24")
    """Addresses of backends, PostgreSQL and Redis; a change replaces their network and stops the platform."""

    @model_validator(mode="after")
    def _the_subnets_are_apart(self) -> Self:
        if self.subnet.overlaps(self.data_subnet):
            refuse(
                f"{self.data_subnet} overlaps subnet {self.subnet}, and Docker takes addresses for one network only",
                "choose one apart from it",
                at="network.data_subnet",
            )
        return self
