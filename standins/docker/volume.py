"""docker.Volume."""

from __future__ import annotations

from collections.abc import Iterable

from standins.docker.daemon import remove_once_unused
from standins.docker.fields import LABELS, Block, Field
from standins.docker.immutable import Immutable
from standins.provider.schema import Failure
from standins.provider.wire import Plain

_VOLUME = Block(
    (
        Field("name", "Name"),
        Field("driver", "Driver"),
        Field("driverOpts", "DriverOpts", absent={}),
        Field("labels", "Labels", LABELS, absent=[]),
    )
)


class Volume(Immutable):
    """A volume, which is replaced with its data."""

    handles = "docker:index/volume:Volume"
    arguments = "pulumi_docker.volume:VolumeArgs"
    object_type = "volume"
    replaces = frozenset(field.input for field in _VOLUME.fields)
    unordered = frozenset({"labels"})
    outputs = frozenset({"driver", "mountpoint"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what the stand-in cannot do."""
        return _VOLUME.refuse(inputs, "")

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the volume, or take the one of this name, as the real plugin does."""
        wanted = _VOLUME.encode(inputs)
        volume = self.client.api.create_volume(
            inputs["name"],
            driver=wanted.get("Driver"),
            driver_opts=wanted.get("DriverOpts"),
            labels=wanted.get("Labels"),
        )
        return volume["Name"], self.state(volume, inputs)

    def state(self, actual: Plain, inputs: Plain) -> Plain:
        """Return the volume in the forms of the real plugin's state."""
        del inputs
        return {**_VOLUME.decode(actual), "id": actual["Name"], "mountpoint": actual["Mountpoint"]}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the volume and its data."""
        del inputs, outputs
        remove_once_unused(lambda: self.client.api.remove_volume(resource_id), self.cancelled)
