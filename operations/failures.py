"""What failed in an `up`, out of all that the engine prints of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

# With what stands around it, 12 lines: as many as are read at 3 a.m.
_LINES = 9
_WIDTH = 160
_SUBJECT = re.compile(r"^  \S+ \((?P<name>.+)\):$")
# What the engine, or the command plugin, says beside the reason.
_NOISE = re.compile(r"^(error: )?((update|preview) failed|Process exited with status .*|sdk-v2/provider2\.go:.*)$")


def digest(said: str) -> str:
    """Return what failed first, in its own words, and what else failed by name; nothing where the engine tells none."""
    failures = [(name, lines) for name, lines in _told(said) if lines]
    if not failures:
        return ""
    (name, lines), *others = failures
    kept = lines if len(lines) <= _LINES else [*lines[:2], "…", *lines[3 - _LINES :]]
    more = [f"and {len(others)} more: {', '.join(other for other, _ in others)}"] if others else []
    return "\n".join(line[:_WIDTH] for line in [name, *kept, *more])


def _told(said: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each subject of the engine's last diagnostics, and the lines of its errors without what says nothing."""
    name, lines, failed = "", list[str](), False
    for line in said.rpartition("\nDiagnostics:\n")[2].splitlines():
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
