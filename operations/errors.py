"""What an operation says when it cannot go on."""

from __future__ import annotations


class OperationError(Exception):
    """A problem and what mends it; printed without a traceback."""

    exit_code = 1

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend

    def __str__(self) -> str:
        """Return the problem and its mend, a line each."""
        return f"{self.problem}\n  mend: {self.mend}"


class UsageError(OperationError):
    """A command that cannot be meant; of commands whose exit code 1 has a meaning of its own."""

    exit_code = 2  # as the command line's own
