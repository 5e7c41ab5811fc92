"""Room on disk, asked for before it is used, so that a full disk is named instead of met half-way."""

from __future__ import annotations

import shutil
from pathlib import Path

import docker

from sandbox.errors import SandboxError

GIB = 1024**3
MEND = "free some room (`docker image prune` removes images without a name) and run the command again"


def docker_root(client: docker.DockerClient) -> Path:
    """Return where Docker keeps its images, or the nearest directory above it that this process may look at."""
    path = Path(client.info()["DockerRootDir"])
    while not path.exists():
        path = path.parent
    return path


def free(path: Path) -> str:
    """Describe the room left on the file system of `path`."""
    return f"{shutil.disk_usage(path).free / GIB:.1f} GiB free at {path}"


def require(path: Path, gibibytes: float, purpose: str) -> None:
    """Raise SandboxError unless the file system of `path` has this much room for `purpose`."""
    if shutil.disk_usage(path).free < gibibytes * GIB:
        raise SandboxError(f"the disk is full: {purpose} needs {gibibytes:.1f} GiB, there are {free(path)}", MEND)
