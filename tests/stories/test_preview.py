"""Staging and production are previewed in a clone that knows no account, no secret and no Docker."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox.clone import ROOT
from tests.stories.world import World, copied, run

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> World:
    clone = copied(tmp_path_factory.mktemp("stranger"))
    (clone.root / ".venv").symlink_to(ROOT / ".venv")
    return World(clone)


def preview(stranger: World, stack: str) -> subprocess.CompletedProcess[str]:
    return stranger.make(f"preview {stack}", DOCKER_HOST="unix:///nowhere", AWS_PROFILE="nobody")


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_stack_is_previewed_without_any_account(stranger: World, stack: str) -> None:
    done = preview(stranger, stack)

    assert done.returncode == 0, done.stdout + done.stderr
    first, policies, *_ = done.stdout.splitlines()
    assert first.startswith(f"stack {stack}: ")
    assert first.endswith("to create, 0 to change, 0 to replace, 0 to delete; 0 unchanged")
    assert ": 0 failed, 0 advised, " in policies
    assert "made up, because no account is asked: host.ipv4" in done.stderr


def test_a_volume_that_would_be_lost_is_shouted_and_the_preview_refused(stranger: World) -> None:
    component = stranger.clone.root / "components" / "database.py"
    kept = component.read_text()
    assert "protect=True, " in kept
    component.write_text(kept.replace("protect=True, ", ""))

    refused = preview(stranger, "production")

    component.write_text(kept)
    assert refused.returncode == 1
    assert "!! mandatory stateful-resources-protected: database-data: is not protected" in refused.stdout


def test_a_stack_that_there_is_not_is_refused_with_those_that_there_are(stranger: World) -> None:
    refused = preview(stranger, "prod")

    assert refused.returncode == 1
    assert "make preview STACK=production|sandbox|staging" in refused.stderr


def test_who_has_no_login_is_told_what_to_do(stranger: World, tmp_path: Path) -> None:
    argv = [str(ROOT / ".venv" / "bin" / "python"), "-m", "operations", "preview", "--stack", "production"]
    bin_ = stranger.clone.state / "bin"
    refused = run(argv, stranger.clone.root, PATH=f"{bin_}:/usr/bin:/bin", PULUMI_HOME=str(tmp_path))

    assert refused.returncode == 1
    assert "pulumi login" in refused.stderr
    assert "Traceback" not in refused.stderr
