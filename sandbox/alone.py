"""One process at a time: locks that go with their process, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.clone import Clone
from sandbox.errors import SandboxError


@contextmanager
def locked(path: Path, when_held: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock file; while another process has it, call `when_held` and wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            when_held()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def alone(clone: Clone) -> Iterator[None]:
    """Let one command at a time change this clone's sandbox; raises SandboxError when another one does."""

    def refuse() -> None:
        raise SandboxError("another `make up` or `make down` of this clone is running", "wait for it to end")

    with locked(clone.cache / f"{clone.name}.lock", refuse):
        yield
