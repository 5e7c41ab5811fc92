"""The errors of operations: printed without a traceback."""

from __future__ import annotations


class OperationError(Exception):
    """A problem and how to mend it."""

    exit_code = 1

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend

    def __str__(self) -> str:
        """Return the problem and its mend, on a line each."""
        return f"{self.problem}\n  mend: {self.mend}"


class UsageError(OperationError):
    """A command that cannot run as given, where exit code 1 already means a finding."""

    exit_code = 2  # as Click's own usage errors
