"""The images in one file, for a machine that has nothing else of an earlier run: CI keeps it in its cache."""

from __future__ import annotations

from pathlib import Path

import docker

from sandbox.clone import Clone
from sandbox.docker_engine import ensure_docker
from sandbox.images import bases
from sandbox.images.build import REPOSITORY
from sandbox.steps import run, say, step

MEND = "see whether Docker answers and has room: docker info; df -h"


def place(clone: Clone) -> Path:
    """Return the path of the file."""
    return clone.cache / "images.tar"


def names(client: docker.DockerClient) -> list[str]:
    """Return the names of the images that a sandbox built, and of those that it pulls where it can."""
    pulled = (*bases.OFFICIAL.values(), "debian:")
    tags = {tag for image in client.images.list() for tag in image.tags}
    return sorted(tag for tag in tags if tag.startswith((f"{REPOSITORY}/", *pulled)))


def save(clone: Clone) -> None:
    """Keep the images that Docker holds for the sandbox in a file of the cache."""
    chosen = names(ensure_docker(clone))
    if not chosen:
        say("   there is no image to save: `make up` makes them")
        return
    log = clone.logs / "images" / "save.log"
    unfinished = place(clone).with_suffix(".unfinished")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    with step(f"save {len(chosen)} images", log):
        run(["docker", "save", "--output", str(unfinished), *chosen], log=log, mend=MEND)
        unfinished.rename(place(clone))


def load(clone: Clone) -> None:
    """Give Docker the images of that file; where there is none, `make up` builds and pulls them."""
    ensure_docker(clone)
    if not place(clone).exists():
        say("   no images were saved: `make up` makes them")
        return
    log = clone.logs / "images" / "load.log"
    with step("load the images", log):
        run(["docker", "load", "--input", str(place(clone))], log=log, mend=MEND)
