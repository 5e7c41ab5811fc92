"""cloudflare.Zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from standins.cloudflare.account import Account, shown, snake
from standins.provider.resource import IncompleteError, ProviderError, Resource
from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN, Plain


class Zone(Resource[Account]):
    """A domain whose DNS Cloudflare serves."""

    handles = "cloudflare:index/zone:Zone"
    arguments = "pulumi_cloudflare.zone:ZoneArgs"
    replaces = frozenset({"account", "name"})
    outputs = frozenset(
        {"activatedOn", "createdOn", "developmentMode", "modifiedOn", "nameServers", "originalDnshost"}
        | {"originalNameServers", "originalRegistrar", "status"}
    )
    volatile_outputs = frozenset({"modifiedOn"})

    _defaults: ClassVar[Plain] = {"paused": False, "type": "full", "vanityNameServers": []}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what Cloudflare has no name for."""
        if inputs.get("type") not in (None, UNKNOWN, "full", "partial", "secondary", "internal"):
            yield "type", "expected one of full, partial, secondary, internal"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the zone, then set what its creation does not take."""
        body: Plain = {key: inputs[key] for key in ("account", "name", "type") if key in inputs}
        zone = self.client.create("/zones", inputs["name"], body)
        try:
            zone = self._edit(zone["id"], inputs, zone)
        except ProviderError as error:
            raise IncompleteError(str(error), zone["id"], shown(zone, self.outputs)) from error
        return zone["id"], shown(zone, self.outputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the zone."""
        del outputs
        zone = self.client.read(f"/zones/{resource_id}", inputs.get("name", resource_id))
        if zone is None:
            return None
        actual = {"name": zone["name"], **self._changed(inputs, zone)}
        account = zone["account"]["id"]
        if account != inputs.get("account", {}).get("id"):
            actual["account"] = {"id": account}
        return {**inputs, **actual}, shown(zone, self.outputs)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Edit what differs."""
        del old_inputs, outputs
        zone = self.client.read(f"/zones/{resource_id}", inputs["name"])
        if zone is None:
            raise ProviderError(f"the zone {inputs['name']} is gone: refresh, and it is made anew")
        return shown(self._edit(resource_id, inputs, zone), self.outputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the zone with all that it holds."""
        del outputs
        self.client.delete(f"/zones/{resource_id}", inputs["name"])

    def _edit(self, zone_id: str, inputs: Plain, zone: Plain) -> Plain:
        """Edit the settings of a zone that differ from the inputs, one a request as the API demands."""
        for name in self._changed(inputs, zone):
            body = {snake(name): inputs.get(name, self._defaults[name])}
            zone = self.client.edit(f"/zones/{zone_id}", inputs["name"], body)
        return zone

    def _changed(self, inputs: Plain, zone: Plain) -> Plain:
        """Return the settings that the zone has otherwise than the inputs say."""
        actual = {name: zone.get(snake(name)) or default for name, default in self._defaults.items()}
        return {name: value for name, value in actual.items() if value != inputs.get(name, self._defaults[name])}
