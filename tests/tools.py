"""Tools that need an environment of their own: they pin what the platform pins otherwise."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def installed(cache: Path, pins: Path) -> Path:
    """Return the folder of programs of what is pinned in `TOOL/requirements.txt`, installed at first use.

    Whoever is killed on the way leaves nothing that counts.
    """
    tool = pins.parent.name
    home = cache / f"{tool}-{hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{tool}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            unfinished = cache / f"{tool}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", unfinished], check=True)
            install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
            subprocess.run([unfinished / "bin" / "python", *install, "--requirement", pins], check=True)
            unfinished.rename(home)
    return home / "bin"
