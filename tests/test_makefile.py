"""What `make` says before there is any virtual environment."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.clone import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_python_that_is_too_old_is_refused_with_the_mend(clone: Path) -> None:
    old = clone / "python3.9"
    old.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c \"import sys; sys.version_info = (3, 9, 2); exec('''$2''')\"\n"
    )
    old.chmod(0o755)

    refused = subprocess.run(["make", "up", f"PYTHON={old}"], cwd=clone, capture_output=True, text=True, check=False)

    assert refused.returncode != 0
    assert "Python 3.9 is too old: install Python 3.11 or newer" in refused.stderr
    assert not (clone / ".venv").exists()


def test_help_lists_every_target_with_what_it_does(clone: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=clone, capture_output=True, text=True, check=True).stdout

    wanted = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^  make (\w+) +\S", listed, re.MULTILINE)) == wanted
    assert wanted >= {"up", "down", "status", "env", "preview", "unit", "test", "prove", "check", "fix", "schema"}
