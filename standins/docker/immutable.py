"""What networks, volumes, secrets and configs have in common."""

from __future__ import annotations

from typing import ClassVar

from standins.docker.daemon import Daemon, errors, unless_gone
from standins.provider.resource import Resource
from standins.provider.wire import Plain


class Immutable(Resource[Daemon]):
    """An object that Docker cannot change: every change of the inputs replaces it."""

    auto_name = "name"
    object_type: ClassVar[str]
    """The type in the names of docker-py's methods: `network` of `inspect_network` and `remove_network`."""

    def state(self, actual: Plain, inputs: Plain) -> Plain:
        """Return the outputs of an object as docker-py shows it."""
        raise NotImplementedError

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the object."""
        del outputs
        try:
            actual = getattr(self.client.api, f"inspect_{self.object_type}")(resource_id)
        except errors.NotFound:
            return None
        return inputs, self.state(actual, inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the object; Docker refuses while something uses it."""
        del inputs, outputs
        with unless_gone():
            getattr(self.client.api, f"remove_{self.object_type}")(resource_id)
