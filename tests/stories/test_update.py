"""`make up` over a sandbox that an earlier commit brought up: what keeps data is not replaced."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clone import ROOT, Clone
from tests.stories.renewal import renew
from tests.stories.world import World

BEFORE = os.environ.get("UPDATE_FROM", "HEAD~1")
"""The commit that the sandbox is brought up with first."""
STATEFUL = ("postgres", "redis")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def older(tmp_path: Path) -> Iterator[World]:
    """Return a sandbox as the commit before left it."""
    directory = tmp_path / "clone"
    git("clone", "--quiet", str(ROOT), str(directory))
    git("-C", str(directory), "checkout", "--quiet", git("-C", str(ROOT), "rev-parse", BEFORE))
    (directory / ".venv").symlink_to(ROOT / ".venv")
    renew(directory)
    world = World(Clone(directory))
    up = world.make("up")
    assert up.returncode == 0, up.stderr[-6000:]
    yield world
    down = world.make("down")
    assert down.returncode == 0, down.stderr


@pytest.mark.prove
def test_a_sandbox_of_the_commit_before_is_updated_with_its_servers_and_their_data_in_place(older: World) -> None:
    kept = _kept(older)
    git("-C", str(older.clone.root), "checkout", "--quiet", "--force", git("-C", str(ROOT), "rev-parse", "HEAD"))
    renew(older.clone.root)

    up = older.make("up")

    assert up.returncode == 0, up.stderr[-6000:]
    assert older.visitor.health()["status"] == "healthy"
    assert _kept(older) == kept


def _kept(world: World) -> dict[str, str]:
    """Return what identifies PostgreSQL, Redis and their volumes on the VPS."""
    containers = {name: world.on_box(f"docker inspect --format '{{{{.Id}}}}' {name}").strip() for name in STATEFUL}
    volumes = [f"neurmatic-{name}" for name in STATEFUL]
    inspected = json.loads(world.on_box(f"docker volume inspect {' '.join(volumes)}"))
    return {**containers, **{volume["Name"]: volume["CreatedAt"] for volume in inspected}}
