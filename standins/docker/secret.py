"""docker.Secret and docker.ServiceConfig: Swarm's files for services."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from standins.docker.fields import LABELS
from standins.docker.immutable import Immutable
from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN, Plain


class _SwarmFile(Immutable):
    """A file; Docker never gives a secret's content back, so the state of both is made of the inputs."""

    unordered = frozenset({"labels"})

    def state(self, actual: Plain, inputs: Plain) -> Plain:
        """Return the inputs and the file's id."""
        return {"labels": [], **inputs, "id": actual["ID"]}

    def _create(self, inputs: Plain, data: bytes) -> tuple[str, Plain]:
        labels = LABELS.encode(inputs.get("labels", []))
        file = getattr(self.client.api, f"create_{self.object_type}")(inputs["name"], data, labels)
        return file["ID"], self.state(file, inputs)


class Secret(_SwarmFile):
    """A secret."""

    handles = "docker:index/secret:Secret"
    arguments = "pulumi_docker.secret:SecretArgs"
    object_type = "secret"
    replaces = frozenset({"data", "labels", "name"})
    secret_outputs = frozenset({"data"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse data that is not base64."""
        return _not_base64(inputs)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the secret."""
        return self._create(inputs, base64.b64decode(inputs["data"]))


class ServiceConfig(_SwarmFile):
    """A config file."""

    handles = "docker:index/serviceConfig:ServiceConfig"
    arguments = "pulumi_docker.service_config:ServiceConfigArgs"
    object_type = "config"
    replaces = frozenset({"data", "dataRaw", "labels", "name"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse data that is not base64, given twice, or not at all."""
        if ("data" in inputs) == ("dataRaw" in inputs):
            yield "data", "expected one of data and dataRaw"
        yield from _not_base64(inputs)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the config."""
        data = base64.b64decode(inputs["data"]) if "data" in inputs else inputs["dataRaw"].encode()
        return self._create(inputs, data)


def _not_base64(inputs: Plain) -> Iterator[Failure]:
    data = inputs.get("data", "")
    if data is not UNKNOWN:
        try:
            base64.b64decode(data, validate=True)
        except binascii.Error:
            yield "data", "expected standard base64"
