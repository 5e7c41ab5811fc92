"""One command at a time changes a clone's sandbox."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.clone import Clone
from sandbox.errors import SandboxError


@contextmanager
def alone(clone: Clone) -> Iterator[None]:
    """Let one command at a time change this clone's sandbox; the lock goes with the process, however it ends."""
    clone.cache.mkdir(parents=True, exist_ok=True)
    with (clone.cache / f"{clone.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            problem = "another `make up` or `make down` of this clone is running"
            raise SandboxError(problem, "wait for it to end") from error
        yield
