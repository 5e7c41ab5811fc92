"""The one runner of processes, and the lines that show how far `make up` is."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sandbox.errors import SandboxError

# A person who sees nothing for longer begins to doubt; a CI log with more is not read.
TICK_SECONDS = 10


def say(text: str) -> None:
    """Print a line for the person who waits."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Terminated(KeyboardInterrupt):
    """SIGTERM, which unlike Ctrl-C comes to this process alone."""


@contextmanager
def step(title: str, log: Path | None = None) -> Iterator[None]:
    """Show that a step begins, goes on (with the last line of its log) and ends, with its seconds."""
    started = time.monotonic()
    done = threading.Event()

    def tick() -> None:
        while not done.wait(TICK_SECONDS):
            say(f"   … {title}: {time.monotonic() - started:.0f} s  {_last_line(log)}")

    say(f"-> {title}")
    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
    say(f"   {title}: {time.monotonic() - started:.1f} s")


def _last_line(log: Path | None) -> str:
    """Return the last line of a log, or of the log in this folder that was written last."""
    if log is not None and log.is_dir():
        log = max(log.iterdir(), key=lambda path: path.stat().st_mtime, default=None)
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 400))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:100] if lines else ""


def run(
    argv: Sequence[str],
    *,
    log: Path,
    mend: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    show: bool = False,
) -> None:
    """Run a process to its end, its output into the log (and onto the terminal if `show`).

    Raises SandboxError with the last lines of the output when it exits other than 0 or cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=10)
    with log.open("ab") as file:
        file.write(f"\n$ {' '.join(argv)}\n".encode())
        file.flush()
        try:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=cwd
            )
        except OSError as error:
            raise SandboxError(f"{argv[0]} could not be started: {error.strerror}", mend, log) from error
        with process:
            interrupt = _follow(process, file, tail, show)
    if interrupt:
        raise interrupt
    if process.returncode:
        shown = "" if show else "".join(f"\n    {line}" for line in tail)
        command = " ".join([Path(argv[0]).name, *argv[1:2]])
        raise SandboxError(f"`{command}` exited with {process.returncode}{shown}", mend, log)


def _follow(process: subprocess.Popen[bytes], file: BinaryIO, tail: deque[str], show: bool) -> KeyboardInterrupt | None:
    """Pass on what a process prints until it has ended, also after the first Ctrl-C, which is returned.

    The terminal sends Ctrl-C to the process as well, and pulumi then ends what it has begun and notes it. A signal to
    this process alone is passed on.
    """
    interrupt = None
    while True:
        try:
            for line in process.stdout or ():
                file.write(line)
                file.flush()
                tail.append(line.decode(errors="replace").rstrip())
                if show:
                    say(tail[-1])
        except KeyboardInterrupt as error:
            if interrupt:
                raise
            interrupt = error
            if isinstance(error, Terminated):
                process.send_signal(signal.SIGINT)
        else:
            return interrupt
