"""Readers of containers and services, which the two resource types describe differently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from policies.rule import Resource, items, read

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
VOLUME = "docker:index/volume:Volume"
NETWORK = "docker:index/network:Network"
SECRET: Final = "docker:index/secret:Secret"  # noqa: S105  the name of a type
CONFIG = "docker:index/serviceConfig:ServiceConfig"

POSTGRESQL, REDIS = "PostgreSQL", "Redis"
# The last word of a repository's name: "acme/our-postgres" is one, "postgres-exporter" is none.
_IMAGES = {
    **dict.fromkeys(("postgres", "postgresql", "postgis", "pgvector", "timescaledb"), POSTGRESQL),
    **dict.fromkeys(("redis", "valkey", "keydb"), REDIS),
}


def spec(resource: Resource) -> Any:
    """Return the inputs that describe the container: a service's containerSpec, or all of a container's."""
    return read(resource.inputs, "taskSpec", "containerSpec") if resource.type == SERVICE else resource.inputs


def image(resource: Resource) -> tuple[str, str]:
    """Return the last part of the image's name, in small letters with hyphens, and its tag."""
    name, tag = name_and_tag(read(spec(resource), "image") or "")
    return name.lower().replace("_", "-"), tag


def name_and_tag(image: str) -> tuple[str, str]:
    """Return `postgres` and `18` of `registry:5000/postgres:18@sha256:…`; the tag is empty where there is none."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return name, tag


def number(value: Any) -> float | None:
    """Return a number that an input holds, also as the text that the provider would take for it."""
    return None if value is None else float(value)


def database(resource: Resource) -> str | None:
    """Return which database a container or service is, by its image."""
    return _IMAGES.get(image(resource)[0].rpartition("-")[2])


def is_a(*names: str) -> Callable[[Resource], bool]:
    """Return the predicate whether a resource is a container of one of these databases."""
    return lambda resource: resource.type == CONTAINER and database(resource) in names


def variables(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Yield the variables of a container's or service's environment: the path, the name, and the value."""
    if resource.type == SERVICE:
        yield from named("taskSpec.containerSpec.env", read(spec(resource), "env"))
        return
    for index, variable in enumerate(items(resource.inputs, "envs")):
        name, _, value = variable.partition("=")
        yield f"envs[{index}]", name, value


def named(path: str, environment: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the variables of an environment that is an object: the path, the name, and the value."""
    for name in environment or ():
        yield f"{path}.{name}", name, str(environment[name])


def words(resource: Resource) -> list[str]:
    """Return the words of a container's or service's command."""
    keys = ("commands", "args") if resource.type == SERVICE else ("entrypoints", "command")
    return [word for key in keys for word in items(spec(resource), key)]


def redis_options(resource: Resource) -> dict[str, str]:
    """Return the options of a Redis server's command line; of one given twice, the last, as Redis does."""
    options = re.findall(r"(?<!\S)--([A-Za-z][\w-]*)\s+(\S+)", " ".join(words(resource)))
    return {name.lower(): value.strip("\"'") for name, value in options}


@dataclass(frozen=True)
class Mount:
    """Something that a container sees at a path."""

    at: str
    type: str
    source: str | None
    target: str
    read_only: bool


def mounts(resource: Resource) -> Iterator[Mount]:
    """Yield the mounts of a container or service, by whichever input."""
    path = "taskSpec.containerSpec.mounts" if resource.type == SERVICE else "mounts"
    for index, mount in enumerate(items(spec(resource), "mounts")):
        kind, source, target = (read(mount, key) for key in ("type", "source", "target"))
        yield Mount(f"{path}[{index}]", str(kind), source, str(target).rstrip("/"), read(mount, "readOnly") is True)
    for index, volume in enumerate(items(resource.inputs, "volumes")):
        host, source = read(volume, "hostPath"), read(volume, "volumeName")
        target, read_only = str(read(volume, "containerPath")).rstrip("/"), read(volume, "readOnly") is True
        yield Mount(f"volumes[{index}]", "bind" if host else "volume", host or source, target, read_only)
    for target in read(resource.inputs, "tmpfs") or ():
        yield Mount("tmpfs", "tmpfs", None, str(target).rstrip("/"), read_only=False)


def is_volume(volume: Resource, mount: Mount, resource: Resource) -> bool:
    """Return whether a mount of the resource is this volume: by its name, or as its output where it declares none."""
    name = read(volume.inputs, "name")
    referred = any(volume.urn in resource.refers.get(link, ()) for link in ("mounts", "volumes", "taskSpec"))
    return mount.type == "volume" and (mount.source == name if name else bool(mount.source) and referred)
