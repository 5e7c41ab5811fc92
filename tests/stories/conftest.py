"""The sandbox that the stories share."""

from __future__ import annotations

import fcntl

import pytest

from sandbox.clone import Clone
from tests.stories.world import World


@pytest.fixture(scope="session")
def world(testrun_uid: str) -> World:
    """Bring this clone's sandbox up, once however many processes run the stories; it stays up for whoever ran them."""
    world = World(Clone())
    world.clone.cache.mkdir(parents=True, exist_ok=True)
    with (world.clone.cache / f"{world.clone.name}.stories").open("a+") as up_for:
        fcntl.flock(up_for, fcntl.LOCK_EX)
        up_for.seek(0)
        if up_for.read() != testrun_uid:
            done = world.make("up")
            assert done.returncode == 0, done.stderr[-8000:]
            up_for.truncate(0)
            up_for.write(testrun_uid)
    return world
