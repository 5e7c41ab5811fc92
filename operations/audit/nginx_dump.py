"""What `nginx -T` prints: every file that nginx reads, one after the other."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FILE = re.compile(r"^# configuration file (.+):\n", re.MULTILINE)
# Not within a comment.
_INCLUDE = re.compile(r"""^((?:[^#\n]*[{;])?[ \t]*)include\s+["']?([^"';\s]+)["']?\s*;""", re.MULTILINE)


def whole(dump: str) -> str:
    """Return the configuration as nginx has it: each included file where it is included."""
    _, *parts = _FILE.split(dump)
    if not parts:
        raise ValueError("no configuration file is named")
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    first = parts[0]
    # The line that names the file counts in the dump too.
    return "\n" + _expanded(first, files, PurePosixPath(first).parent)


def _expanded(name: str, files: dict[str, str], folder: PurePosixPath) -> str:
    others = {other: text for other, text in files.items() if other != name}

    def included(match: re.Match[str]) -> str:
        pattern = str(folder / match[2])
        found = (_expanded(other, others, folder) for other in others if fnmatchcase(other, pattern))
        return match[1] + "\n".join(["", *found])

    return _INCLUDE.sub(included, files[name])
