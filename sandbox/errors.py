"""What the sandbox says when it cannot go on."""

from __future__ import annotations

from pathlib import Path

from operations.errors import OperationError


class SandboxError(OperationError):
    """A problem, what mends it, and the log that tells more; printed without a traceback."""

    def __init__(self, problem: str, mend: str, log: Path | None = None) -> None:
        super().__init__(problem, mend)
        self.log = log

    def __str__(self) -> str:
        """Return the problem, the log's place and, last, the mend, a line each."""
        log = f"\n  log:  {self.log}" if self.log is not None else ""
        return f"{self.problem}{log}\n  mend: {self.mend}"
