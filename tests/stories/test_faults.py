"""What a visitor notices when parts of the platform die: as little as can be, and not for long."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest
import urllib3

from tests.stories.load import load
from tests.stories.world import World, wait_until

RATE = 50
# Before a fault and after it: long enough for every backend to have answered, and for nginx to have noticed.
CALM_SECONDS = 5


@pytest.mark.story
def test_no_get_is_lost_when_a_backend_is_killed_and_swarm_brings_another(world: World, tmp_path: Path) -> None:
    with load(world, "/api/v1/items", rate=RATE, folder=tmp_path) as under_load:
        time.sleep(CALM_SECONDS)
        back = kill_a_backend(world)
        time.sleep(CALM_SECONDS)

    assert under_load.lost == {}, under_load.errors
    print(f"0 of {under_load.requests} lost, backend back after {back:.1f} s")  # noqa: T201  measured


@pytest.mark.prove
def test_no_get_of_100000_is_lost_while_backends_are_killed_again_and_again(world: World, tmp_path: Path) -> None:
    back = []
    with load(world, "/api/v1/items", rate=100, folder=tmp_path) as under_load:
        for _ in range(50):
            time.sleep(20)
            back.append(kill_a_backend(world))

    assert under_load.lost == {}, under_load.errors
    assert under_load.requests >= 100_000
    print(f"0 of {under_load.requests} lost in {len(back)} kills, back after {max(back):.1f} s at most")  # noqa: T201


@pytest.mark.story
def test_while_the_database_is_dead_it_is_unhealthy_and_then_comes_back_with_every_acknowledged_write(
    world: World,
) -> None:
    written = [_write(world) for _ in range(50)]

    world.on_box("systemctl stop neurmatic-keep")  # for long enough to be seen
    try:
        world.on_box(f"docker kill {world.containers('postgres')[0]}")
        world.wait_for("unhealthy")
        ready = world.visitor.get("/api/v1/health/ready").status
    finally:
        world.on_box("systemctl start neurmatic-keep")
    took = world.wait_for("healthy")
    kept = [world.visitor.get(f"/api/v1/items/{item}").status for item in written]

    assert ready == 503
    assert kept == [200] * len(written)
    print(f"healthy again after {took:.1f} s")  # noqa: T201  measured


@pytest.mark.story
def test_while_the_database_hangs_it_is_unhealthy_alive_and_not_ready(world: World) -> None:
    world.on_box(f"docker pause {world.containers('postgres')[0]}")
    try:
        world.wait_for("unhealthy")
        ready = world.visitor.get("/api/v1/health/ready").status
        live = world.visitor.get("/api/v1/health/live").status
    finally:
        world.on_box("docker unpause $(docker ps --quiet --filter status=paused)")

    assert (ready, live) == (503, 200)
    world.wait_for("healthy")


@pytest.mark.story
def test_without_redis_it_is_degraded_and_still_serves(world: World) -> None:
    redis = world.containers("redis")[0]
    world.on_box(f"docker stop {redis}")
    try:
        world.wait_for("degraded")
        answers = [world.visitor.get("/api/v1/items").status, _answer_to_write(world)]
    finally:
        world.on_box(f"docker start {redis}")

    assert answers == [200, 201]
    world.wait_for("healthy")


def _write(world: World) -> str:
    item = str(uuid.uuid4())
    answer = world.visitor.request("POST", "/api/v1/items", body={"id": item, "name": "kept"})
    assert answer.status == 201
    return item


def _answer_to_write(world: World) -> int:
    try:
        return world.visitor.request("POST", "/api/v1/items", body={"id": str(uuid.uuid4()), "name": "x"}).status
    except urllib3.exceptions.HTTPError:
        return 0


def kill_a_backend(world: World) -> float:
    """Kill one of two backends, and return after how many seconds there were two again."""
    killed = world.containers("application-backend")[0]
    world.on_box(f"docker kill {killed}")
    return wait_until("two backends run", lambda: len(set(world.containers("application-backend")) - {killed}) == 2)
