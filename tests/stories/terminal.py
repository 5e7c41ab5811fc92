"""A person at a terminal: runs a script, types what is asked for, and looks around where the script waits."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic


def follow(
    script: str,
    answer: Callable[[re.Match[str]], str],
    prompts: re.Pattern[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    timeout: float,
    log: Path,
) -> tuple[int, str]:
    """Run a script of bash on a terminal of its own; return its exit code and what it showed; the log has that too.

    Wherever what it shows ends in one of the prompts, the answer is typed, and Enter.
    """
    master, slave = pty.openpty()
    deadline = monotonic() + timeout
    shown, seen = "", 0
    ready = select.poll()  # select() itself takes no descriptor above 1,023
    ready.register(master, select.POLLIN)
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", "bash", "-c", script],
        cwd=cwd,
        env=dict(environment),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        try:
            while monotonic() < deadline:
                if not ready.poll(1000):
                    continue
                try:
                    shown += os.read(master, 65536).decode(errors="replace").replace("\r\n", "\n")
                except OSError:
                    break  # the script has ended, and with it the terminal
                log.write_text(shown)
                if asked := prompts.search(shown, seen):
                    seen = len(shown)
                    os.write(master, f"{answer(asked)}\n".encode())
            else:
                os.killpg(process.pid, signal.SIGKILL)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    os.close(master)
    return process.returncode, shown
