"""The clone's Docker network, where each service, and the box, has a fixed address."""

from __future__ import annotations

from contextlib import suppress

import docker
from docker.errors import APIError, NotFound
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from sandbox.clone import Clone
from sandbox.errors import SandboxError


def ensure(client: docker.DockerClient, clone: Clone) -> Network:
    """Return the network, made if it is missing.

    Raises SandboxError when another network on this machine holds its addresses.
    """
    with suppress(NotFound):
        return client.networks.get(clone.name)
    ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=str(clone.subnet), gateway=clone.gateway)])
    try:
        return client.networks.create(clone.name, driver="bridge", ipam=ipam, labels=clone.labels)
    except APIError as error:
        raise SandboxError(
            f"Docker refused the network {clone.name} with {clone.subnet}: {error.explanation}",
            f"remove the network that holds these addresses (docker network ls; ip route get {clone.gateway}), "
            "or move this clone to another directory, which chooses others",
        ) from error


def remove(client: docker.DockerClient, clone: Clone) -> None:
    """Remove the network, if it is there; nothing may be attached to it any more."""
    with suppress(NotFound):
        client.networks.get(clone.name).remove()
