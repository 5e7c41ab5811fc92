"""Tools that need an environment of their own: they pin what the platform pins otherwise."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from pathlib import Path

from sandbox import venv


def installed(cache: Path, lock: Path) -> Path:
    """Return the folder of programs of what is pinned in `TOOL/requirements.txt`, installed at first use.

    Whoever is killed on the way leaves nothing that counts.
    """
    tool = lock.parent.name
    tools = cache / "tools"
    home = tools / f"{tool}-{hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]}"
    ready = home / ".ready"
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / f"{tool}.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not ready.exists():
            venv.make(home, lock)
            ready.touch()
    return home / "bin"
