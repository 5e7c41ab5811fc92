"""Atomic writes, and the cache directory."""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE = 0o600
PROGRAM = 0o755


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file atomically: it never exists with part of its content or a wider mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def cache() -> Path:
    """Return the cache directory that all clones of the repository share."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neurmatic"
