"""docker.Secret and docker.ServiceConfig: Swarm's files for services."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from standins.docker.daemon import Daemon, errors, unless_gone
from standins.docker.fields import LABELS
from standins.provider.resource import Resource
from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN, Plain


class Secret(Resource[Daemon]):
    """A secret; every change replaces it, and Docker never gives its content back."""

    handles = "docker:index/secret:Secret"
    arguments = "pulumi_docker.secret:SecretArgs"
    auto_name = "name"
    replaces = frozenset({"data", "labels", "name"})
    unordered = frozenset({"labels"})
    secret_outputs = frozenset({"data"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse data that is not base64."""
        return _not_base64(inputs)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the secret."""
        labels = LABELS.encode(inputs.get("labels", []))
        secret = self.client.api.create_secret(inputs["name"], base64.b64decode(inputs["data"]), labels)
        return secret["ID"], _outputs(secret["ID"], inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look whether the secret is there."""
        del outputs
        try:
            self.client.api.inspect_secret(resource_id)
        except errors.NotFound:
            return None
        return inputs, _outputs(resource_id, inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the secret; Swarm refuses while a service uses it."""
        del inputs, outputs
        with unless_gone():
            self.client.api.remove_secret(resource_id)


class ServiceConfig(Resource[Daemon]):
    """A config file; every change replaces it."""

    handles = "docker:index/serviceConfig:ServiceConfig"
    arguments = "pulumi_docker.service_config:ServiceConfigArgs"
    auto_name = "name"
    replaces = frozenset({"data", "dataRaw", "labels", "name"})
    unordered = frozenset({"labels"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse data that is not base64, given twice, or not at all."""
        if ("data" in inputs) == ("dataRaw" in inputs):
            yield "data", "expected one of data and dataRaw"
        yield from _not_base64(inputs)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the config."""
        data = base64.b64decode(inputs["data"]) if "data" in inputs else inputs["dataRaw"].encode()
        labels = LABELS.encode(inputs.get("labels", []))
        config = self.client.api.create_config(inputs["name"], data, labels)
        return config["ID"], _outputs(config["ID"], inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look whether the config is there; Swarm lets nobody change one."""
        del outputs
        try:
            self.client.api.inspect_config(resource_id)
        except errors.NotFound:
            return None
        return inputs, _outputs(resource_id, inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the config; Swarm refuses while a service uses it."""
        del inputs, outputs
        with unless_gone():
            self.client.api.remove_config(resource_id)


def _outputs(resource_id: str, inputs: Plain) -> Plain:
    return {"labels": [], **inputs, "id": resource_id}


def _not_base64(inputs: Plain) -> Iterator[Failure]:
    data = inputs.get("data", "")
    if data is not UNKNOWN:
        try:
            base64.b64decode(data, validate=True)
        except binascii.Error:
            yield "data", "expected standard base64"
