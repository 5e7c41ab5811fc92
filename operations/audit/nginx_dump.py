"""Parses the output of `nginx -T`: every configuration file that nginx reads, one after the other."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FILE = re.compile(r"^# configuration file (.+):\n", re.MULTILINE)
# Outside comments.
_INCLUDE = re.compile(r"""^((?:[^#\n]*[{;])?[ \t]*)include\s+["']?([^"';\s]+)["']?\s*;""", re.MULTILINE)


def merged(dump: str) -> str:
    """Return the whole configuration, with every included file in place of its include."""
    _, *parts = _FILE.split(dump)
    if not parts:
        raise ValueError("no configuration file is named")
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    # A first line for the one that names the file, so that line numbers are those of the dump.
    return "\n" + _expanded(parts[0], files, PurePosixPath(parts[0]).parent)


def _expanded(name: str, files: dict[str, str], folder: PurePosixPath) -> str:
    others = {other: text for other, text in files.items() if other != name}

    def included(match: re.Match[str]) -> str:
        pattern = str(folder / match[2])
        texts = (_expanded(other, others, folder) for other in others if fnmatchcase(other, pattern))
        return match[1] + "\n".join(["", *texts])

    return _INCLUDE.sub(included, files[name])
