"""docker.Network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from standins.docker.daemon import remove_once_unused
from standins.docker.fields import LABELS, Block, Field, Items
from standins.docker.immutable import Immutable
from standins.provider.schema import Failure
from standins.provider.wire import Plain

_NETWORK = Block(
    (
        Field("name", "Name"),
        Field("driver", "Driver"),
        Field("options", "Options", absent={}),
        Field("internal", "Internal", absent=False),
        Field("attachable", "Attachable", absent=False),
        Field("ingress", "Ingress", absent=False),
        Field("ipv6", "EnableIPv6", absent=False),
        Field("labels", "Labels", LABELS, absent=[]),
        Field("ipamDriver", "IPAM.Driver"),
        Field("ipamOptions", "IPAM.Options", absent={}),
        Field(
            "ipamConfigs",
            "IPAM.Config",
            Items(
                Block(
                    (
                        Field("subnet", "Subnet", absent=""),
                        Field("gateway", "Gateway", absent=""),
                        Field("ipRange", "IPRange", absent=""),
                        Field("auxAddress", "AuxiliaryAddresses", absent={}),
                    )
                )
            ),
            absent=[],
        ),
    )
)


class Network(Immutable):
    """A network."""

    handles = "docker:index/network:Network"
    arguments = "pulumi_docker.network:NetworkArgs"
    object_type = "network"
    replaces = frozenset(field.input for field in _NETWORK.fields)
    defaults: ClassVar = {"ipamDriver": "default"}
    unordered = frozenset({"labels", "ipamConfigs"})
    outputs = frozenset({"driver", "internal", "ipamConfigs", "options", "scope"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what the stand-in cannot do."""
        return _NETWORK.refuse(inputs, "")

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the network."""
        wanted = _NETWORK.encode(inputs)
        network_id = self.client.api.create_network(
            inputs["name"],
            driver=wanted.get("Driver"),
            options=wanted.get("Options"),
            ipam=wanted.get("IPAM"),
            internal=wanted.get("Internal", False),
            labels=wanted.get("Labels"),
            enable_ipv6=wanted.get("EnableIPv6", False),
            attachable=wanted.get("Attachable"),
            ingress=wanted.get("Ingress"),
        )["Id"]
        return network_id, self.state(self.client.api.inspect_network(network_id), inputs)

    def state(self, actual: Plain, inputs: Plain) -> Plain:
        """Return the network in the forms of the real plugin's state."""
        del inputs
        return {**_NETWORK.decode(actual), "id": actual["Id"], "scope": actual["Scope"]}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the network as soon as the last container has left it."""
        del inputs, outputs
        remove_once_unused(lambda: self.client.api.remove_network(resource_id), self.cancelled)
