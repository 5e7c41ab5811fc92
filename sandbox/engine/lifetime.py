"""Ties a plugin's process to the engine that started it."""

from __future__ import annotations

import os
import signal
import threading
import time

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
