"""Another clone on the same machine: both live side by side, kills do no harm, `make down` takes its own only."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import docker
import pytest

from sandbox.clone import LABEL, Clone
from sandbox.docker_engine import ensure_docker
from sandbox.outside.services import SERVICE_LABEL
from tests.stories.world import World, copied

# What `make up` says when it is at a point where a kill has something to break, how many seconds to let it go on, the
# signal, and who gets it: all its processes, as by Ctrl-C or a closed terminal, or `make up` alone, as by the kernel.
POINTS = [
    ("start what lies outside the VPS", 1, signal.SIGKILL, os.killpg),
    ("start the VPS", 1, signal.SIGKILL, os.killpg),
    ("prepare the stack", 0.5, signal.SIGINT, os.killpg),
    ("host-ready creating", 1, signal.SIGKILL, os.killpg),
    ("database-server creating", 1, signal.SIGINT, os.killpg),
    ("Updating (sandbox)", 1, signal.SIGKILL, os.kill),
    ("application-backend creating", 1, signal.SIGKILL, os.killpg),
]


@pytest.fixture(scope="module")
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a second clone whose sandbox is not up; the first one's is."""
    clone = copied(tmp_path_factory.mktemp("other"))
    assert clone.name != world.clone.name
    yield World(clone)
    World(clone).make("down")


@pytest.mark.story
def test_a_busy_port_is_named_before_anything_is_made(world: World, other: World) -> None:
    before = owned(ensure_docker(world.clone))

    with socket.create_server(("127.0.0.1", other.clone.https_port)):
        refused = other.make("up")

    assert refused.returncode == 1
    assert f"port {other.clone.https_port} on 127.0.0.1 cannot be used" in refused.stderr
    assert "SANDBOX_PORT_BASE" in refused.stderr
    assert owned(ensure_docker(world.clone)) == before


@pytest.mark.story
def test_what_a_clone_of_this_path_left_when_it_was_deleted_is_taken_away_first(world: World, other: World) -> None:
    client = ensure_docker(world.clone)
    labels = {**other.clone.labels, SERVICE_LABEL: "cloudflare"}
    left = client.volumes.create(f"{other.clone.name}-cloudflare", labels={**labels, "left": "behind"})

    interrupt_up(other.clone, "start the VPS", 0, signal.SIGKILL, os.killpg)

    assert client.volumes.get(str(left.name)).attrs["Labels"] == labels


@pytest.mark.story
def test_killed_at_any_point_make_up_goes_on_and_make_down_removes_what_it_made_and_nothing_else(
    world: World, other: World
) -> None:
    client = ensure_docker(world.clone)
    other.make("down")
    before = owned(client)

    for printed, seconds, number, kill in POINTS:
        going_on, shown = interrupt_up(other.clone, printed, seconds, number, kill)
        assert going_on, f"it ended before {printed!r} could be interrupted:\n{shown}"
    last = other.make("up")

    assert last.returncode == 0, last.stderr[-6000:]
    assert other.visitor.health()["status"] == "healthy"
    assert list(other.clone.state.rglob("*.attrs")) == [], (
        "what the engine does not replace in one step breaks the state"
    )
    world.wait_for("healthy")  # the first clone's sandbox goes on beside it
    assert owned(client) > before

    down = other.make("down")

    assert down.returncode == 0, down.stderr
    assert owned(client) == before
    assert not other.clone.state.exists()
    world.wait_for("healthy")


@pytest.mark.prove
def test_killed_50_times_at_random_moments_make_up_still_ends_with_a_healthy_platform(other: World) -> None:
    chance = random.Random(50)  # noqa: S311  the same moments at every run
    for _ in range(50):
        interrupt_up(
            other.clone, "->", chance.uniform(0, 60), chance.choice([signal.SIGKILL, signal.SIGINT]), os.killpg
        )

    last = other.make("up")

    assert last.returncode == 0, last.stderr[-6000:]
    assert other.visitor.health()["status"] == "healthy"


def interrupt_up(
    clone: Clone, printed: str, seconds: float, number: signal.Signals, kill: Callable[[int, int], None]
) -> tuple[bool, str]:
    """Start `make up`, signal it some time after it printed something; return whether it went on, and its lines."""
    # A shell that has the tests run in its background lets them ignore Ctrl-C, and with them what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "sandbox", "up"],
        cwd=clone.root,
        env={**os.environ, "PULUMI_OPTION_SKIP_PREVIEW": "true"},  # nothing is made by it that a kill could break
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if printed in line:
                break
        time.sleep(seconds)
        going_on = process.poll() is None
        if going_on:
            kill(process.pid, number)
        lines.append(process.stderr.read())
    return going_on, "".join(lines)


def owned(client: docker.DockerClient) -> set[str]:
    """Return every sandbox object of this machine's Docker."""
    label: dict[str, str | list[str] | bool] = {"label": LABEL}
    return {
        *(str(one.name) for one in client.containers.list(all=True, filters=label)),
        *(str(one.name) for one in client.networks.list(filters=label)),
        *(str(one.name) for one in client.volumes.list(filters=label)),
    }
