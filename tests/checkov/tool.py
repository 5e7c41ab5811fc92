"""Installs checkov into the cache, in an environment of its own, and runs it over resources."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.clone import Clone
from tests.tools import installed

_LOCK = Path(__file__).parent / "requirements.txt"


@dataclass(frozen=True, order=True)
class Finding:
    """What a check says of one resource; a check may say it of several."""

    check: str
    resource: str
    """Its logical name."""


def findings(document: dict[str, Any], directory: Path) -> set[Finding]:
    """Return what checkov finds in Terraform; it fetches nothing."""
    (directory / "main.tf.json").write_text(json.dumps(document, indent=1))
    arguments = ["--directory", str(directory), "--framework", "terraform_json", "--output", "json"]
    quietly = ["--compact", "--quiet", "--soft-fail", "--skip-download"]
    done = subprocess.run(
        [installed(Clone().cache, _LOCK) / "python", "-m", "checkov.main", *arguments, *quietly],
        capture_output=True,
        text=True,
        check=True,
    )
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {Finding(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}
