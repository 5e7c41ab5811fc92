"""The one runner of processes, and the lines that show how far `make up` is."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sandbox.errors import SandboxError
from sandbox.progress import Lines

# A person who sees nothing for longer begins to doubt; a CI log with more is not read.
TICK_SECONDS = 10
# Often enough to look alive, and a log is read each time.
LIVE_SECONDS = 0.5

_lines = Lines()


def say(text: str) -> None:
    """Print a line for the person who waits."""
    _lines.say(text)


class Terminated(KeyboardInterrupt):
    """SIGTERM, which unlike Ctrl-C comes to this process alone."""


Progress = Callable[[Path], str]
"""Tells by a log how much of a step is done; the empty string where the log does not show it."""


@contextmanager
def step(title: str, log: Path | None = None, progress: Progress | None = None) -> Iterator[None]:
    """Show that a step begins, goes on (with the last line of its log) and ends, with its seconds.

    `log` may be a folder: the log in it that was written last is the step's. On a terminal a step is one live line.
    """
    started = time.monotonic()
    with _live(title, log, progress) if _lines.fit else _printed(title, log, started):
        yield
    say(f"   {title}: {time.monotonic() - started:.1f} s")


@contextmanager
def _printed(title: str, log: Path | None, started: float) -> Iterator[None]:
    """Print a line at the beginning, and one from time to time."""

    def tick() -> None:
        say(f"   … {title}: {time.monotonic() - started:.0f} s  {_last_line(_newest(log))}")

    say(f"-> {title}")
    with _ticking(tick, TICK_SECONDS):
        yield


@contextmanager
def _live(title: str, log: Path | None, progress: Progress | None) -> Iterator[None]:
    """Keep one line up to date: how much is done, and what comes last in the log."""
    with _lines.line(title) as show:

        def tick() -> None:
            file = _newest(log)
            name = file.stem if file and file != log else ""
            done = progress(file) if file and progress else ""
            show("  ".join(filter(None, [done, name, _last_line(file)])))

        with _ticking(tick, LIVE_SECONDS):
            yield


@contextmanager
def _ticking(tick: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call a function every so many seconds while the context lasts."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(seconds):
            tick()

    ticker = threading.Thread(target=repeat, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def _newest(log: Path | None) -> Path | None:
    """Return a log that exists, or of those in a folder the one that was written last."""
    if log is not None and log.is_dir():
        return max(log.glob("*.log"), key=lambda path: path.stat().st_mtime, default=None)
    return log if log is not None and log.exists() else None


def _last_line(log: Path | None) -> str:
    """Return the last line of a log."""
    if log is None:
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
