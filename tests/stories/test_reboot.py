"""The VPS restarts, in order or not, and nobody has to type anything."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest
from docker.models.containers import Container

from sandbox.box import shell
from sandbox.docker_engine import ensure_docker
from sandbox.outside import table
from tests.stories.world import World, wait_until

pytestmark = pytest.mark.story


def restart(vps: Container) -> None:
    """Let everything end in its order."""
    vps.restart(timeout=60)


def lose_power(vps: Container) -> None:
    """Let nothing end: every process is gone at once, and what it had only in its memory with it."""
    vps.kill()
    vps.start()


@pytest.mark.parametrize("happening", [restart, lose_power])
def test_after_a_restart_of_the_vps_all_is_healthy_by_itself_and_the_data_is_there(
    world: World, happening: Callable[[Container], None]
) -> None:
    item = str(uuid.uuid4())
    assert world.visitor.request("POST", "/api/v1/items", body={"id": item, "name": "kept"}).status == 201

    happening(ensure_docker(world.clone).containers.get(shell.name(world.clone)))
    took = world.wait_for("healthy")

    assert world.visitor.get(f"/api/v1/items/{item}").status == 200
    print(f"healthy {took:.1f} s after {happening.__name__}")  # noqa: T201  measured


def test_after_a_power_loss_swarm_gets_an_image_that_is_gone_with_the_login_that_it_keeps(world: World) -> None:
    docker = ensure_docker(world.clone)
    (frontend,) = world.containers("application-frontend")
    image = world.on_box(f"docker inspect --format '{{{{.Config.Image}}}}' {frontend}").strip()
    repository = image.partition(":")[0].partition("/")[2]

    # Within the 2 s that Swarm waits before it starts another.
    world.on_box(f"docker container rm --force {frontend} && docker image rm --force {image}")
    lost_at = time.time()
    lose_power(docker.containers.get(shell.name(world.clone)))
    world.wait_for("healthy")
    wait_until("a frontend runs", lambda: world.containers("application-frontend") != [])

    asked = docker.containers.get(table.container_name(world.clone, "registry")).logs(since=lost_at).decode()
    assert f'"GET /v2/{repository}/manifests/' in asked
