"""What the stack needs of its host, and the check that the host has it."""

import pulumi
from pulumi_command import remote

from components.component import Component
from components.script import script
from settings import (
    BackendSettings,
    CacheSettings,
    DatabaseSettings,
    FrontendSettings,
    LoadBalancerSettings,
    Settings,
)

# Docker 20.10, the first with jobs in Swarm (the migration) and with capabilities of services:
# https://docs.docker.com/reference/api/engine/version-history/#v141-api-changes
_DOCKER_API = "1.41"

_Part = DatabaseSettings | CacheSettings | BackendSettings | FrontendSettings | LoadBalancerSettings


class Capacity(Component):
    """The check that the host has the declared resources; it runs before anything changes, and when they change."""

    def __init__(self, settings: Settings, *, connection: pulumi.Output[remote.ConnectionArgs]) -> None:
        super().__init__()
        script("capacity-checked", "capacity.sh", demand(settings), connection=connection, opts=self.child())


def demand(settings: Settings) -> dict[str, str]:
    """Return what the host has to have.

    Processors are not summed: containers share them, and a busy one is only slower. Memory is: beyond it the kernel
    kills. Services roll after the migration's end, so that there is one more container at most at any time: the job, or
    the new replica beside those that it replaces.
    """
    backend, frontend = settings.application.backend, settings.application.frontend
    parts: dict[str, tuple[int, _Part]] = {
        "database": (1, settings.database),
        "cache": (1, settings.cache),
        "application.backend": (backend.replicas, backend),
        "application.frontend": (frontend.replicas, frontend),
        "load_balancer": (1, settings.load_balancer),
    }
    at_rest = sum(count * part.memory for count, part in parts.values())
    return {
        "CPUS": "\n".join(f"{name} {part.cpus:g}" for name, (_, part) in parts.items()),
        "AT_REST_MB": str(at_rest),
        "ROLLING_MB": str(at_rest + max(backend.memory, frontend.memory)),
        "SUM": ", ".join(f"{name} {count} x {part.memory}MB" for name, (count, part) in parts.items()),
        "LARGEST": max(parts, key=lambda name: parts[name][0] * parts[name][1].memory),
        "FREE_DISK_MB": str(settings.host.free_disk),
        "DOCKER_API": _DOCKER_API,
    }
