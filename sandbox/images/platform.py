"""The platform's images in the clone's registry, under the names that production has in its own."""

from __future__ import annotations

from pathlib import Path

import docker
from docker.errors import APIError

from sandbox.clone import ROOT, Clone
from sandbox.errors import SandboxError
from sandbox.images import bases
from sandbox.images.build import build

RELEASES = ("v1.0.0", "v1.1.0")
APPLICATION = ROOT / "sandbox" / "application"
LIBRARY = {"postgres": "library/postgres:18", "redis": "library/redis:8", "nginx": "library/nginx:1.30"}


def publish(client: docker.DockerClient, clone: Clone) -> None:
    """Have every image of the platform in the clone's registry, built and pushed as far as it is not there.

    Raises SandboxError with the log of the step that failed.
    """
    for name, image in _images(client, clone).items():
        _push(client, f"{_registry(clone)}/{name}", image, clone.logs / "images" / "push.log")


def unpublish(client: docker.DockerClient, clone: Clone) -> None:
    """Remove the names that this clone's registry gave to images on this machine; the images stay."""
    prefix = f"{_registry(clone)}/"
    for image in client.images.list():
        for name in image.tags:
            if name.startswith(prefix):
                client.images.remove(name, noprune=True)


def _registry(clone: Clone) -> str:
    """Return how this machine's Docker reaches the registry."""
    return f"127.0.0.1:{clone.registry_port}"


def _images(client: docker.DockerClient, clone: Clone) -> dict[str, str]:
    """Build what is missing, and return each image by its name in the registry."""
    images = {name: bases.official(client, clone, role) for role, name in LIBRARY.items()}
    nginx = images[LIBRARY["nginx"]]
    tools = {"NPM": bases.official(client, clone, "npm"), "NODE": bases.official(client, clone, "node"), "NGINX": nginx}
    for part, wanted in (("backend", ("NPM", "NODE")), ("frontend", ("NPM", "NGINX"))):
        for release in RELEASES:
            arguments = {"RELEASE": release, **{name: tools[name] for name in wanted}}
            log = clone.logs / "images" / f"{part}-{release}.log"
            images[f"neurmatic/{part}:{release}"] = build(client, APPLICATION / part, part, log, arguments)
    return images


def _push(client: docker.DockerClient, name: str, image: str, log: Path) -> None:
    """Push an image under this name, unless the registry has this very image under it."""
    if _digest(client, name) in _known_digests(client, name, image):
        return
    client.images.get(image).tag(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    errors = []
    with log.open("a") as out:
        for answer in client.api.push(name, stream=True, decode=True):
            if "progress" not in answer:
                out.write(f"{name}: {answer.get('id', '')} {answer.get('status') or answer.get('error') or ''}\n")
            if "error" in answer:
                errors.append(str(answer["error"]))
    if errors:
        raise SandboxError(f"{name} could not be pushed: {errors[-1]}", "see whether the registry is healthy", log)


def _digest(client: docker.DockerClient, name: str) -> str | None:
    """Return the digest that the registry has under this name; None when it has not got it."""
    try:
        return str(client.images.get_registry_data(name).id)
    except APIError:
        return None


def _known_digests(client: docker.DockerClient, name: str, image: str) -> set[str]:
    """Return the digests under which this image was pushed to this repository."""
    repository = name.rpartition(":")[0]
    known = [digest.split("@") for digest in client.images.get(image).attrs.get("RepoDigests") or []]
    return {digest for pushed, digest in known if pushed == repository}
