"""docker.Network."""

from __future__ import annotations

import time
from collections.abc import Iterable

from docker.errors import APIError, NotFound

from sandbox.providers.docker.daemon import Daemon
from sandbox.providers.docker.fields import LABELS, Block, Field, Items, get
from sandbox.providers.schema import Failure
from sandbox.providers.standin import Resource
from sandbox.providers.wire import Plain

_DETACH_SECONDS = 60  # tasks leave a network some seconds after their service was removed

_NETWORK = Block(
    (
        Field("name", "Name"),
        Field("driver", "Driver"),
        Field("options", "Options"),
        Field("internal", "Internal"),
        Field("attachable", "Attachable"),
        Field("ingress", "Ingress"),
        Field("ipv6", "EnableIPv6"),
        Field("labels", "Labels", LABELS),
        Field("ipamDriver", "IPAM.Driver"),
        Field("ipamOptions", "IPAM.Options"),
        Field(
            "ipamConfigs",
            "IPAM.Config",
            Items(
                Block(
                    (
                        Field("subnet", "Subnet"),
                        Field("gateway", "Gateway"),
                        Field("ipRange", "IPRange"),
                        Field("auxAddress", "AuxiliaryAddresses"),
                    )
                )
            ),
        ),
    )
)


class Network(Resource[Daemon]):
    """A network; every change replaces it."""

    handles = "docker:index/network:Network"
    arguments = "pulumi_docker.network:NetworkArgs"
    auto_name = "name"
    replaces = frozenset(field.input for field in _NETWORK.fields)
    unordered = frozenset({"labels", "ipamConfigs"})
    outputs = frozenset({"driver", "internal", "ipamConfigs", "options", "scope"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what the stand-in cannot do."""
        return _NETWORK.refuse(inputs, "")

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the network."""
        wanted = _NETWORK.encode(inputs)
        network = self.client.api.create_network(
            inputs["name"],
            driver=wanted.get("Driver"),
            options=wanted.get("Options"),
            ipam=wanted.get("IPAM"),
            internal=wanted.get("Internal", False),
            labels=wanted.get("Labels"),
            enable_ipv6=wanted.get("EnableIPv6", False),
            attachable=wanted.get("Attachable"),
            ingress=wanted.get("Ingress"),
        )
        return network["Id"], self._outputs(self.client.api.inspect_network(network["Id"]), inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the network; it is made once, so what it has is what it got."""
        del outputs
        try:
            actual = self.client.api.inspect_network(resource_id)
        except NotFound:
            return None
        return inputs, self._outputs(actual, inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the network as soon as the last container has left it."""
        del inputs, outputs
        deadline = time.monotonic() + _DETACH_SECONDS
        while True:
            try:
                self.client.api.remove_network(resource_id)
            except NotFound:
                return
            except APIError as error:
                in_use = "active endpoints" in str(error) or "in use by" in str(error)
                if not in_use or time.monotonic() > deadline or self.cancelled.wait(0.5):
                    raise

    @staticmethod
    def _outputs(actual: Plain, inputs: Plain) -> Plain:
        known = {**_NETWORK.decode(actual), "scope": actual["Scope"], "internal": bool(get(actual, "Internal"))}
        return {name: known[name] for name in Network.outputs & known.keys() - inputs.keys()}
