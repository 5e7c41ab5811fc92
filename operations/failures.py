"""Condenses the output of a failed `pulumi up` to what failed."""

from __future__ import annotations

import re
from collections.abc import Iterator

# With the lines around it 12 in all: as many as are read at 3 a.m.
_LINES = 9
_WIDTH = 160
_SUBJECT = re.compile(r"^  \S+ \((?P<name>.+)\):$")
# Lines of the engine and the command plugin that give no reason.
_NOISE = re.compile(r"^(error: )?((update|preview) failed|Process exited with status .*|sdk-v2/provider2\.go:.*)$")


def digest(output: str) -> str:
    """Return the first failure in full and the names of the others; empty where the output has no diagnostics."""
    failures = [(name, lines) for name, lines in _errors(output) if lines]
    if not failures:
        return ""
    (name, lines), *others = failures
    kept = lines if len(lines) <= _LINES else [*lines[:2], "…", *lines[3 - _LINES :]]
    more = [f"and {len(others)} more: {', '.join(other for other, _ in others)}"] if others else []
    return "\n".join(line[:_WIDTH] for line in [name, *kept, *more])


def _errors(output: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each resource of the last diagnostics with the lines of its errors, without noise."""
    name, lines, failed = "", list[str](), False
    for line in output.rpartition("\nDiagnostics:\n")[2].splitlines():
        if subject := _SUBJECT.match(line):
            yield name, lines
            name, lines, failed = subject["name"], [], False
        elif line and not line.startswith("    "):
            break
        elif line.strip():
            failed = failed or line.lstrip().startswith("error: ")
            if failed and not _NOISE.match(line.strip()):
                lines.append(line.removeprefix("    ").removeprefix("error: ").rstrip())
    yield name, lines
