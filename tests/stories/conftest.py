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
    with (world.clone.cache / f"{world.clone.name}.up.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        outcome = file.read()
        # What an earlier run left, or wrote in part, is no outcome of this one.
        if f'"{testrun_uid}"' not in outcome:
            up = world.make("up")
            outcome = json.dumps({"run": testrun_uid, "code": up.returncode, "printed": up.stderr[-8000:]})
            file.truncate(0)
            file.write(outcome)
    up_ended = json.loads(outcome)
    assert up_ended["code"] == 0, up_ended["printed"]
    return world
