"""Base images: the official ones where a public image registry answers, else ours on a Debian made by debootstrap."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import docker
from docker.errors import DockerException

from sandbox.alone import locked
from sandbox.clone import Clone
from sandbox.images import debootstrap, disk
from sandbox.images.build import build, exists

# What the platform runs or is built with. Where it cannot be pulled, the directory of the same name here mimics it.
OFFICIAL = {
    "node": "node:24-slim",
    "npm": "node:24-slim",
    "postgres": "postgres:18",
    "redis": "redis:8",
    "nginx": "nginx:1.30",
}
PROBE_SECONDS = 8
PULL_GIB = 1.0


@cache
def registry_reachable() -> bool:
    """Tell, within seconds, whether this machine's Docker can pull the official images."""
    try:
        docker.from_env(timeout=PROBE_SECONDS).images.get_registry_data("debian:bookworm-slim")
    except (DockerException, OSError):
        return False
    return True


def official(client: docker.DockerClient, clone: Clone, role: str) -> str:
    """Return an image that keeps the contract of the official one for `role`: that one, or ours that mimics it."""
    if registry_reachable():
        return _pull(client, OFFICIAL[role])
    base = official(client, clone, "node") if role == "npm" else debian(client, clone, "forky")
    return build(client, Path(__file__).parent / role, role, clone.logs / "images" / f"{role}.log", {"BASE": base})


def debian(client: docker.DockerClient, clone: Clone, suite: debootstrap.Suite) -> str:
    """Return a minimal Debian of this suite, pulled or made."""
    if registry_reachable():
        return _pull(client, f"debian:{suite}")
    name = debootstrap.name(suite)
    if not exists(client, name):
        with locked(clone.cache / "debootstrap.lock"):
            if not exists(client, name):
                debootstrap.make(client, suite, clone.cache / "debootstrap", clone.logs / "images" / f"{suite}.log")
    return name


def _pull(client: docker.DockerClient, name: str) -> str:
    """Pull an image unless it is here already."""
    if not exists(client, name):
        disk.require(disk.docker_root(client), PULL_GIB, f"pulling {name}")
        client.images.pull(name)
    return name
