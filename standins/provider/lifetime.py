"""Ties a plugin's process to the engine that started it, and tells when all plugins have ended."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

POLL_SECONDS = 0.5


def end_with_parent() -> None:
    """Interrupt this process when its parent ends, also by `kill -9`: no plugin outlives its engine.

    Asked again and again: the kernel's own notice (PR_SET_PDEATHSIG) follows the parent's thread, and Go's may end.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()


def mark_as_running(home: Path) -> TextIO:
    """Count this process among the plugins that run under this PULUMI_HOME, until the file is closed or it ends."""
    file = _lock(home)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def all_have_ended(home: Path, within: float) -> bool:
    """Wait until no plugin runs; a plugin whose engine was killed ends what it has begun before it goes."""
    deadline = time.monotonic() + within
    with _lock(home) as file:
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(POLL_SECONDS)
    return False


def _lock(home: Path) -> TextIO:
    home.mkdir(parents=True, exist_ok=True)
    return (home / "plugins.lock").open("a")
