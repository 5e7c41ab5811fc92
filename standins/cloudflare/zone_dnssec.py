"""cloudflare.ZoneDnssec."""

from __future__ import annotations

from collections.abc import Iterator

from standins.cloudflare.account import Account, shown, snake
from standins.provider.resource import Resource
from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN, Plain

_INPUTS = ("dnssecMultiSigner", "dnssecPresigned", "dnssecUseNsec3", "status")


class ZoneDnssec(Resource[Account]):
    """Whether a zone is signed, and the record that its registrar wants then."""

    handles = "cloudflare:index/zoneDnssec:ZoneDnssec"
    arguments = "pulumi_cloudflare.zone_dnssec:ZoneDnssecArgs"
    replaces = frozenset({"zoneId"})
    outputs = frozenset(
        {"algorithm", "digest", "digestAlgorithm", "digestType", "ds", "flags", "keyTag", "keyType", "modifiedOn"}
        | {"publicKey", "status"}
    )
    volatile_outputs = outputs - {"status"}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse a status that cannot be asked for."""
        if inputs.get("status") not in (None, UNKNOWN, "active", "disabled"):
            yield "status", "expected one of active, disabled"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Edit what the zone has; its id is the zone's."""
        return inputs["zoneId"], self._edit(inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at what the zone has."""
        del resource_id, outputs
        dnssec = self.client.read(_path(inputs), "DNSSEC")
        if dnssec is None:
            return None
        return {**inputs, **{name: dnssec.get(snake(name)) for name in _INPUTS if name in inputs}}, self._outputs(
            dnssec
        )

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Edit what the zone has."""
        del resource_id, old_inputs, outputs
        return self._edit(inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Sign no longer."""
        del resource_id, outputs
        self.client.delete(_path(inputs), "DNSSEC")

    def _edit(self, inputs: Plain) -> Plain:
        body = {snake(name): inputs[name] for name in _INPUTS if name in inputs}
        return self._outputs(self.client.edit(_path(inputs), "DNSSEC", body))

    def _outputs(self, dnssec: Plain) -> Plain:
        return shown(dnssec, self.outputs)


def _path(inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/dnssec"
