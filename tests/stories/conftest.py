"""The sandbox that the stories share."""

from __future__ import annotations

import fcntl
import json

import pytest

from sandbox.clone import Clone
from tests.stories.world import World


@pytest.fixture(scope="session")
def world(testrun_uid: str) -> World:
    """Bring this clone's sandbox up, once however many processes run the stories; it stays up for whoever ran them."""
    world = World(Clone())
    world.clone.cache.mkdir(parents=True, exist_ok=True)
    with (world.clone.cache / f"{world.clone.name}.stories").open("a+") as outcome:
        fcntl.flock(outcome, fcntl.LOCK_EX)
        outcome.seek(0)
        run, code, printed = json.loads(outcome.read() or '["", 0, ""]')
        if run != testrun_uid:
            up = world.make("up")
            code, printed = up.returncode, up.stderr[-8000:]
            outcome.truncate(0)
            json.dump([testrun_uid, code, printed], outcome)
    assert code == 0, printed
    return world
