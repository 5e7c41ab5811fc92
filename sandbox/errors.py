"""What the sandbox says when it cannot go on."""

from __future__ import annotations

from pathlib import Path


class SandboxError(Exception):
    """A problem, what mends it, and the log that tells more; printed without a traceback."""

    def __init__(self, problem: str, mend: str, log: Path | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.log = log

    def __str__(self) -> str:
        """Return the problem, its mend and the log's place, a line each."""
        lines = [self.problem, f"  mend: {self.mend}"]
        if self.log is not None:
            lines.append(f"  log:  {self.log}")
        return "\n".join(lines)
