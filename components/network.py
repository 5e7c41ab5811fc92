"""The networks on which the containers reach one another by name."""

from ipaddress import IPv4Network

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import Host
from settings import NetworkSettings


class Network(Component):
    """Two overlay networks, because what passes visitors' requests on has no business with the databases.

    Neither is `internal`, because such a network publishes no ports, and the databases publish on loopback.
    """

    def __init__(self, settings: NetworkSettings, *, host: Host) -> None:
        super().__init__(providers=[host.docker], after=[host])
        # An alias, because it was the only network before: Docker refuses two networks with one subnet.
        self.visitors = self._overlay("network-visitors", settings.subnet, was="network-overlay")
        """Of nginx, the frontend and the backends."""
        self.data = self._overlay("network-data", settings.data_subnet)
        """Of the backends, the migration, PostgreSQL and Redis."""

    def _overlay(self, name: str, subnet: IPv4Network, *, was: str | None = None) -> docker.Network:
        """Declare a network for both services and plain containers."""
        return docker.Network(
            name,
            driver="overlay",
            attachable=True,
            # Without the gateway a refresh would replace the network.
            ipam_configs=[docker.NetworkIpamConfigArgs(subnet=str(subnet), gateway=str(subnet[1]))],
            opts=self.child(aliases=[pulumi.Alias(name=was)] if was else []),
        )
