"""The sandbox that the stories share."""

from __future__ import annotations

import pytest

from sandbox.clone import Clone
from tests.stories.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """Bring this clone's sandbox up; it stays up, for whoever ran the tests."""
    world = World(Clone())
    done = world.make("up")
    assert done.returncode == 0, done.stderr[-8000:]
    return world
