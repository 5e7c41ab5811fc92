"""The platform's images in the clone's registry, under the names that production has in its own."""

from __future__ import annotations

import json
from pathlib import Path

import docker
from docker.errors import APIError

from operations.files import write
from sandbox.clone import ROOT, Clone
from sandbox.errors import SandboxError
from sandbox.images import bases
from sandbox.images.build import build
from sandbox.outside import table

RELEASES = ("v1.0.0", "v1.1.0")
APPLICATION = ROOT / "sandbox" / "application"
LIBRARY = {"postgres": "library/postgres:18", "redis": "library/redis:8", "nginx": "library/nginx:1.30"}


def publish(client: docker.DockerClient, clone: Clone) -> None:
    """Have every image of the platform in the clone's registry, built and pushed as far as it is not there.

    Raises SandboxError with the log of the step that failed.
    """
    pushed = {name: _pushed(client, clone, name, image) for name, image in _images(client, clone).items()}
    write(_digests_file(clone), json.dumps(pushed, indent=2).encode())


def digests(clone: Clone) -> dict[str, str]:
    """Return the digests of what was built here, by the name in the registry; whatever a tag there names by now."""
    return dict(json.loads(_digests_file(clone).read_text()))


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


def _digests_file(clone: Clone) -> Path:
    return clone.state / "images.json"


def _pushed(client: docker.DockerClient, clone: Clone, name: str, image: str) -> str:
    """Return the digest under which the registry has this very image, pushed if it has not got it."""
    repository, _, tag = f"{_registry(clone)}/{name}".rpartition(":")
    login = {"username": table.REGISTRY_USER, "password": table.registry_token(clone)}
    for digest in _known_digests(client, repository, image):
        if _has(client, f"{repository}@{digest}", login):
            return digest
    client.images.get(image).tag(repository, tag)
    log = clone.logs / "images" / "push.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    digest, errors = "", []
    with log.open("a") as out:
        for answer in client.api.push(repository, tag, stream=True, decode=True, auth_config=login):
            if "progress" not in answer:
                out.write(f"{name}: {answer.get('id', '')} {answer.get('status') or answer.get('error') or ''}\n")
            if "error" in answer:
                errors.append(str(answer["error"]))
            digest = answer.get("aux", {}).get("Digest", digest)
    if errors or not digest:
        problem = f"{name} could not be pushed: {errors[-1] if errors else 'the registry tells no digest'}"
        raise SandboxError(problem, "see whether the registry is healthy", log)
    return digest


def _has(client: docker.DockerClient, name: str, login: dict[str, str]) -> bool:
    """Tell whether the registry has an image."""
    try:
        client.images.get_registry_data(name, auth_config=login)
    except APIError:
        return False
    return True


def _known_digests(client: docker.DockerClient, repository: str, image: str) -> list[str]:
    """Return the digests under which this image was pushed to this repository."""
    pushed = [name.split("@") for name in client.images.get(image).attrs.get("RepoDigests") or []]
    return sorted(digest for pushed_to, digest in pushed if pushed_to == repository)
