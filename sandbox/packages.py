"""Programs of the system that the sandbox needs: found, or installed where that is allowed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.steps import run, say, step

# Where Debian keeps what administrators run, and does not let everybody look.
ADMIN_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def ensure(clone: Clone, program: str, *packages: str, mend: str) -> None:
    """Have a program on PATH, from these packages of Debian or Ubuntu if it is missing.

    Raises SandboxError with the mend when it is missing and this user may not install it.
    """
    if _installed(program):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SandboxError(f"{program} is not installed, and this user may not install it", mend)
    log = clone.logs / "packages.log"
    with _alone(clone):
        if not _installed(program):
            _install(packages, log, mend)


def _install(packages: Sequence[str], log: Path, mend: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"install {' '.join(packages)}", log):
        run(["apt-get", "update", "-qq"], log=log, mend=mend, env=environment)
        run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            log=log,
            mend=mend,
            env=environment,
        )


def _installed(program: str) -> bool:
    return shutil.which(program, path=ADMIN_PATH) is not None


@contextmanager
def _alone(clone: Clone) -> Iterator[None]:
    """Let one process install at a time: apt-get does not wait for another one that reads the lists."""
    clone.cache.mkdir(parents=True, exist_ok=True)
    with (clone.cache / "packages.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("   waiting for another installation to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
