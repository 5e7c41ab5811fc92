"""A file that is new and bad is found, wherever it lies and whatever it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checks.linters import LINTERS, tracked
from tests.engine import ROOT

WORKFLOW = ".github/workflows/release.yml"
GOOD = """\
name: Release
on: {push: {branches: [main]}}
permissions: {}
concurrency: {group: release, cancel-in-progress: true}
jobs:
  release:
    name: release
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - name: Look
        run: ls
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    put(tmp_path, "fine.sh", '#!/bin/sh\nls "$1"\n')
    put(tmp_path, "Dockerfile", "FROM scratch\nCOPY fine.sh /\n")
    put(tmp_path, WORKFLOW, GOOD)
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    ours = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "checks"]
    return subprocess.run(argv, cwd=folder, env=ours, capture_output=True, text=True, check=False)


def test_what_is_good_passes(repository: Path) -> None:
    assert check(repository).returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "linter"),
    [
        ("deep/in/a.sh", "#!/bin/sh\nrm $1\n", "shellcheck"),
        ("deep/in/no-ending", "#!/usr/bin/env bash\nrm $1\n", "shellcheck"),
        ("deep/in/posix", "#! /bin/sh -e\nrm $1\n", "shellcheck"),
        ("no-shebang.sh", "rm $1\n", "shellcheck"),
        ("deep/Dockerfile", "FROM debian\nRUN cd /tmp\n", "hadolint"),
        ("deep/Dockerfile.tools", "FROM debian\nRUN cd /tmp\n", "hadolint"),
        ("deep/tools.Dockerfile", "FROM debian\nRUN cd /tmp\n", "hadolint"),
        (".github/workflows/new.yaml", GOOD.replace("runs-on: ubuntu-24.04", "runs-on: ubunut"), "actionlint"),
        (".github/workflows/new.yml", GOOD.replace("run: ls", "uses: actions/setup-go@v6"), "zizmor"),
        (".github/workflows/new.yml", GOOD.replace("permissions: {}", "permissions: write-all"), "zizmor"),
        (
            ".github/workflows/new.yml",
            GOOD.replace("run: ls", "run: ls ${{ github.event.head_commit.message }}"),
            "actionlint, zizmor",
        ),
        (
            "tools/action.yml",
            "name: T\ndescription: T\nruns: {using: composite, steps: [{uses: actions/cache@v4}]}\n",
            "zizmor",
        ),
        (
            ".github/dependabot.yml",
            "version: 2\nupdates: [{package-ecosystem: pip, directory: /, schedule: {interval: daily}}]\n",
            "zizmor",
        ),
    ],
)
def test_what_is_new_and_bad_is_refused(repository: Path, name: str, text: str, linter: str) -> None:
    put(repository, name, text)

    refused = check(repository)

    assert refused.returncode == 1
    assert refused.stderr.endswith(f"refused by {linter}\n"), refused.stderr + refused.stdout


def test_what_git_ignores_and_what_is_gone_is_not_judged(repository: Path) -> None:
    put(repository, ".gitignore", "made/\n")
    put(repository, "made/bad.sh", "#!/bin/sh\nrm $1\n")
    put(repository, "gone.sh", "#!/bin/sh\nrm $1\n")
    subprocess.run(["git", "add", "gone.sh"], cwd=repository, check=True)
    (repository / "gone.sh").unlink()

    assert check(repository).returncode == 0


def test_every_linter_has_something_to_judge_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    files = tracked()

    judged = {linter.name: {str(file) for file in files if linter.judges(file)} for linter in LINTERS}
    assert {".ci/run", "sandbox/box/box-init", "components/files/migrate.sh"} <= judged["shellcheck"]
    assert {"sandbox/box/Dockerfile"} <= judged["hadolint"]
    assert judged["actionlint"] == {".github/workflows/ci.yml"}
    assert {".github/dependabot.yml", ".github/actions/setup/action.yml"} <= judged["zizmor"]
