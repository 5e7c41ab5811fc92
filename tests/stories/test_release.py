"""A release rolls through the running platform, forth and back, and no visitor notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.load import load
from tests.stories.world import World, changes

pytestmark = pytest.mark.story


def test_a_release_rolls_forth_and_back_under_load_and_no_request_is_lost(world: World, tmp_path: Path) -> None:
    configuration = world.stack.config_file.read_bytes()
    try:
        with load(world, "/api/v1/items", rate=20, folder=tmp_path) as under_load:
            for release in ("v1.1.0", "v1.0.0"):
                deploy(world, release)
    finally:
        world.stack.config_file.write_bytes(configuration)

    assert under_load.lost == {}, under_load.errors
    print(f"0 of {under_load.requests} lost")  # noqa: T201  measured


def deploy(world: World, release: str) -> None:
    """Deploy a release; when it has ended, every backend answers with it."""
    named = world.operations("images", "--release", release)
    done = world.pulumi("up", "--yes", "--skip-preview")

    assert named.returncode == 0, named.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert "created" not in changes(done.stdout), "an update in place"
    assert {world.visitor.health()["release"] for _ in range(10)} == {release}
