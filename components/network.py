"""The network on which the containers reach one another by name."""

import pulumi_docker as docker

from components.component import Component
from components.host import Host
from settings import NetworkSettings


class Network(Component):
    """An overlay network that services and plain containers share."""

    def __init__(self, settings: NetworkSettings, *, host: Host) -> None:
        super().__init__(providers=[host.docker], after=[host])
        overlay = docker.Network(
            "network-overlay",
            driver="overlay",
            attachable=True,
            # Without the gateway a refresh would replace the network.
            ipam_configs=[
                docker.NetworkIpamConfigArgs(subnet=str(settings.subnet), gateway=str(settings.subnet[1])),
            ],
            opts=self.child(),
        )
        self.id = overlay.id
        self.name = overlay.name
        self.register_outputs({"id": self.id, "name": self.name})
