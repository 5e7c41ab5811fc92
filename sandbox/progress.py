"""A live line for each step that runs, at the foot of the terminal; what is printed meanwhile stands above them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column


class Lines:
    """The live lines of this process; steps may run in several threads.

    All that is drawn is drawn under one lock: rich's own refreshing thread may write in between what others print, and
    then a line that has passed stays on the terminal.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            TimeElapsedColumn(),
            TextColumn(
                "{task.fields[detail]}",
                style="dim",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,  # what goes to others, such as JSON, goes nowhere else
            expand=True,
        )

    @property
    def fit(self) -> bool:
        """Whether the person who waits looks at a terminal that can take a line back."""
        return sys.stderr.isatty() and not self._progress.console.is_dumb_terminal

    @contextmanager
    def line(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a line while the context lasts; what is yielded sets the detail at its end."""
        with self._lock:
            if not self._progress.tasks:
                self._progress.start()
            task = self._progress.add_task(title, total=None, detail="")
            self._progress.refresh()

        def show(detail: str) -> None:
            with self._lock:
                self._progress.update(task, detail=detail, refresh=True)

        try:
            yield show
        finally:
            with self._lock:
                self._progress.remove_task(task)
                self._progress.refresh()
                if not self._progress.tasks:
                    self._progress.stop()

    def say(self, text: str) -> None:
        """Print a line above the live ones."""
        with self._lock:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
