"""What a visitor notices when parts of the platform die: as little as can be, and not for long."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from pathlib import Path

import pytest
import urllib3

from sandbox.engine import toolchain
from sandbox.visitor import NAMES
from tests.stories.world import World, within

pytestmark = pytest.mark.story

RATE = 50
SECONDS = 60


def test_no_get_is_lost_when_a_backend_is_killed_and_swarm_has_it_back_within_30_seconds(
    world: World, tmp_path: Path
) -> None:
    page = f"https://{NAMES[0]}:{world.clone.https_port}/api/v1/items"
    attack = [
        *(str(toolchain.ensure_tool(world.clone, "vegeta")), "attack", "-rate", str(RATE), "-duration", f"{SECONDS}s"),
        *("-root-certs", str(world.clone.platform_ca), "-timeout", "10s", "-redirects", "-1"),
        *("-connect-to", f"{NAMES[0]}:{world.clone.https_port}:127.0.0.1:{world.clone.https_port}"),
        *("-header", f"Host: {NAMES[0]}", "-output", str(tmp_path / "results.bin")),
    ]
    load = subprocess.Popen(attack, stdin=subprocess.PIPE, text=True)
    assert load.stdin is not None
    load.stdin.write(f"GET {page}\n")
    load.stdin.close()

    time.sleep(SECONDS / 4)
    before = world.containers("application-backend")
    world.on_box(f"docker kill {before[0]}")
    back = within(30, lambda: len(set(world.containers("application-backend")) - {before[0]}) == 2)
    load.wait(timeout=SECONDS * 2)

    report = subprocess.run(
        [attack[0], "report", "-type", "json", str(tmp_path / "results.bin")],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(report.stdout)
    assert told["status_codes"] == {"200": RATE * SECONDS}, (told["status_codes"], told["errors"][:5])
    print(f"{told['requests']} requests, 0 lost, backend back after {back:.1f} s")  # noqa: T201  measured


def test_a_killed_database_makes_it_unhealthy_for_a_while_and_loses_no_acknowledged_write(world: World) -> None:
    written = [_write(world) for _ in range(50)]

    world.on_box(f"docker kill --signal KILL {world.containers('postgres')[0]}")
    statuses = set()

    def healthy() -> bool:
        statuses.add(world.health().get("status"))
        return world.health().get("status") == "healthy"

    took = within(30, healthy)
    kept = [world.visitor.get(f"/api/v1/items/{item}").status for item in written]

    assert kept == [200] * len(written)
    print(f"healthy again after {took:.1f} s, seen meanwhile: {statuses}")  # noqa: T201  measured


def test_while_the_database_is_away_health_says_unhealthy_and_readiness_refuses(world: World) -> None:
    world.on_box(f"docker pause {world.containers('postgres')[0]}")
    try:
        within(15, lambda: world.health().get("status") == "unhealthy")
        ready = world.visitor.get("/api/v1/health/ready").status
        live = world.visitor.get("/api/v1/health/live").status
    finally:
        world.on_box("docker unpause $(docker ps --quiet --filter status=paused)")

    assert (ready, live) == (503, 200)
    within(30, lambda: world.health().get("status") == "healthy")


def test_without_redis_it_is_degraded_and_still_serves(world: World) -> None:
    redis = world.containers("redis")[0]
    world.on_box(f"docker stop {redis}")
    try:
        within(15, lambda: world.health().get("status") == "degraded")
        answers = [world.visitor.get("/api/v1/items").status, _answer_to_write(world)]
    finally:
        world.on_box(f"docker start {redis}")

    assert answers == [200, 201]
    within(30, lambda: world.health().get("status") == "healthy")


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
