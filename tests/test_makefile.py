"""What `make` says before there is any virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.clone import ROOT
from tests.some import some


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "sandbox/venv.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
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


def test_what_makes_the_environment_needs_nothing_that_is_in_it() -> None:
    subprocess.run([sys.executable, "-S", "-c", "import sandbox.venv"], cwd=ROOT, check=True)


def test_help_lists_every_target_with_what_it_does(clone: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=clone, capture_output=True, text=True, check=True).stdout

    wanted = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^  make (\w+) +\S", listed, re.MULTILINE)) == wanted
    assert wanted >= {"up", "down", "status", "env", "preview", "unit", "test", "prove", "check", "fix", "schema"}
    assert wanted >= {"ci", "coverage", "stories", "summary", "engine", "save", "load"}


def test_a_preview_leaves_its_report_where_it_is_asked_to_and_nowhere_else(clone: Path) -> None:
    plain, with_report = ("preview", "STACK=staging"), ("preview", "STACK=staging", "REPORT=to")

    assert make(clone, "-n", *plain).splitlines()[-1].endswith("/python -m sandbox preview staging ")
    assert make(clone, "-n", *with_report).splitlines()[-1].endswith("/python -m sandbox preview staging --report to")


def test_the_reports_go_where_ci_shows_them_and_else_to_the_terminal(clone: Path) -> None:
    (clone / "reports").mkdir()
    for stack in ("staging", "production"):
        (clone / "reports" / f"{stack}.md").write_text(f"# {stack}\n")

    printed = make(clone, "summary")
    make(clone, "summary", GITHUB_STEP_SUMMARY=str(clone / "shown"))

    assert printed == "# production\n# staging\n"
    assert (clone / "shown").read_text() == printed


@pytest.mark.parametrize(("target", "variable"), [("ssh", "RUN"), ("psql", "RUN"), ("logs", "PART")])
def test_what_is_typed_is_handed_on_as_it_is_by_make_and_by_the_shell(clone: Path, target: str, variable: str) -> None:
    typed = """-x "$HOME" 'a  b' $(touch made) `touch made` $(shell touch made) $$ #c \\ % ; touch made"""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\ncat\n')
    python.chmod(0o755)
    (clone / ".venv" / ".ready").touch()

    assert make(clone, target, f"{variable}={typed}").splitlines()[-1] == typed
    assert make(clone, target, **{variable: typed}).splitlines()[-1] == typed
    assert not (clone / "made").exists()


def make(clone: Path, *arguments: str, **variables: str) -> str:
    """Return what make prints, whatever make and whatever CI these tests run in."""
    around = re.compile("MAKE|MFLAGS|REPORT|STACK|RUN$|PART$|GITHUB_")
    environment = {name: value for name, value in os.environ.items() if not around.match(name)} | variables
    argv = ["make", *arguments]
    return subprocess.run(
        argv, cwd=clone, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout


def test_what_the_desk_runs_is_what_judges_in_ci(clone: Path) -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    # These move caches, fetch what others publish, or print what another has found.
    beside = {"engine", "load", "plugins", "save", "summary", "up"}
    wanted = set(re.findall(r"run: make (\w+)", workflow)) - beside
    planned = make(clone, "-n", "ci")

    stacks = re.findall(r"STACK: (\w+)", workflow)

    assert wanted >= {"check", "coverage"}
    for target in sorted(some(wanted)):
        last = make(clone, "-n", target, "STACK=staging", "REPORT=reports").splitlines()[-1]
        assert last in planned.splitlines(), f"make ci leaves out make {target}"
    for stack in some(stacks):
        assert f"sandbox preview {stack} --report reports" in planned
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make ci"
