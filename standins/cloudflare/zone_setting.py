"""cloudflare.ZoneSetting."""

from __future__ import annotations

from collections.abc import Iterator

from standins.cloudflare.account import Account, shown
from standins.provider.resource import Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain


class ZoneSetting(Resource[Account]):
    """One setting of a zone: it has always some value, so it is only ever edited."""

    handles = "cloudflare:index/zoneSetting:ZoneSetting"
    arguments = "pulumi_cloudflare.zone_setting:ZoneSettingArgs"
    replaces = frozenset({"settingId", "zoneId"})
    outputs = frozenset({"editable", "modifiedOn", "timeRemaining"})
    volatile_outputs = frozenset({"modifiedOn", "timeRemaining"})

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse the input of a setting that the sandbox's Cloudflare has not."""
        if "enabled" in inputs:
            yield "enabled", "the sandbox's stand-in does not do this"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Edit the setting; its id is its name, as with the real plugin."""
        return inputs["settingId"], self._edit(inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the setting."""
        del resource_id, outputs
        setting = self.client.read(_path(inputs), inputs["settingId"])
        return None if setting is None else ({**inputs, "value": setting["value"]}, shown(setting, self.outputs))

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Edit the setting."""
        del resource_id, old_inputs, outputs
        return self._edit(inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Leave the setting as it is: the real plugin forgets it, and does not know what it was before."""

    def _edit(self, inputs: Plain) -> Plain:
        setting = self.client.edit(_path(inputs), inputs["settingId"], {"value": inputs["value"]})
        return shown(setting, self.outputs)


def _path(inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/settings/{inputs['settingId']}"
