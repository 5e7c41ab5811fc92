"""Which packages of Debian's an image holds: its suites move, and another day brings other versions."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import DockerException


def write(client: docker.DockerClient, image: str | None, file: Path) -> None:
    """Write down each package of an image with its version, a line each; nothing where no image can tell."""
    listed = b""
    if image is not None:
        with suppress(DockerException):
            listed = client.containers.run(
                image, ["--show"], entrypoint=["dpkg-query"], network_disabled=True, remove=True
            )
    file.write_bytes(listed)


def named(file: Path, text: str) -> list[str]:
    """Return those packages that a text names, such as a Dockerfile, each with its version."""
    words = set(re.findall(r"[a-z0-9][a-z0-9+.-]+", text))
    packages = [line.split("\t") for line in file.read_text().splitlines()]
    return [f"{name} {version}" for name, version in packages if name.partition(":")[0] in words]
