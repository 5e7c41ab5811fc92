"""Installs checkov into the cache, in an environment of its own, and runs it over resources."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.clone import Clone

PINS = Path(__file__).parent / "requirements.txt"


@dataclass(frozen=True, order=True)
class Finding:
    """What a check says of one resource; a check may say it of several."""

    check: str
    resource: str
    """Its logical name."""


def installed(cache: Path) -> Path:
    """Return the Python that has checkov, as it is pinned; whoever is killed on the way leaves nothing that counts."""
    home = cache / f"checkov-{hashlib.sha256(PINS.read_bytes() + sys.version.encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "checkov.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            unfinished = cache / "checkov.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", unfinished], check=True)
            install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
            subprocess.run([unfinished / "bin" / "python", *install, "--requirement", PINS], check=True)
            unfinished.rename(home)
    return home / "bin" / "python"


def findings(document: dict[str, Any], directory: Path) -> set[Finding]:
    """Return what checkov finds in Terraform; it fetches nothing."""
    (directory / "main.tf.json").write_text(json.dumps(document, indent=1))
    arguments = ["--directory", str(directory), "--framework", "terraform_json", "--output", "json"]
    quietly = ["--compact", "--quiet", "--soft-fail", "--skip-download"]
    done = subprocess.run(
        [installed(Clone().cache), "-m", "checkov.main", *arguments, *quietly],
        capture_output=True,
        text=True,
        check=True,
    )
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {Finding(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}
