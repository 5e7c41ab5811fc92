"""The VPS restarts, and nobody has to type anything."""

from __future__ import annotations

import uuid

import pytest

from sandbox.box import box
from sandbox.docker_engine import ensure_docker
from tests.stories.world import World

pytestmark = pytest.mark.story


def test_after_a_restart_of_the_vps_all_is_healthy_by_itself_and_the_data_is_there(world: World) -> None:
    item = str(uuid.uuid4())
    assert world.visitor.request("POST", "/api/v1/items", body={"id": item, "name": "kept"}).status == 201

    ensure_docker(world.clone).containers.get(box.name(world.clone)).restart(timeout=60)
    took = world.wait_for("healthy")

    assert world.visitor.get(f"/api/v1/items/{item}").status == 200
    print(f"healthy {took:.1f} s after the restart")  # noqa: T201  measured
