"""Another clone on the same machine: both live side by side, kills do no harm, `make down` takes its own only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sandbox.clone import LABEL, ROOT, Clone
from sandbox.docker_engine import ensure_docker
from tests.stories.world import World

pytestmark = pytest.mark.story

# What `make up` says when it is at a point where a kill has something to break, and how many seconds to let it go on.
POINTS = [
    ("start what lies outside the VPS", 1.0, signal.SIGKILL),
    ("start the VPS", 1.0, signal.SIGKILL),
    ("prepare the stack", 0.5, signal.SIGINT),
    ("Updating (sandbox)", 5.0, signal.SIGKILL),
    ("Updating (sandbox)", 15.0, signal.SIGINT),
    ("Updating (sandbox)", 10.0, signal.SIGKILL),
]


@pytest.fixture
def other(world: World, tmp_path: Path) -> Iterator[World]:
    """Return a second clone whose sandbox is not up; the first one's is."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    assert Clone(tmp_path).name != world.clone.name
    yield World(Clone(tmp_path))
    World(Clone(tmp_path)).make("down")


def test_killed_at_any_point_make_up_goes_on_and_make_down_removes_what_it_made_and_nothing_else(
    world: World, other: World
) -> None:
    client = ensure_docker(world.clone)
    before = owned(client)

    for said, seconds, number in POINTS:
        interrupt_up(other.clone, said, seconds, number)
    last = other.make("up")

    assert last.returncode == 0, last.stderr[-6000:]
    assert other.visitor.health()["status"] == "healthy"
    assert world.visitor.health()["status"] == "healthy", "the first clone's sandbox goes on beside it"
    assert owned(client) > before

    down = other.make("down")

    assert down.returncode == 0, down.stderr
    assert owned(client) == before
    assert not other.clone.state.exists()
    assert world.visitor.health()["status"] == "healthy"


def interrupt_up(clone: Clone, said: str, seconds: float, number: signal.Signals) -> None:
    """Start `make up`, and signal all of its processes some time after it said something; it may have ended before."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sandbox", "up"],
        cwd=clone.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if said in line:
            break
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, number)
    process.stderr.read()
    process.wait(timeout=120)


def owned(client: docker.DockerClient) -> set[str]:
    """Return every sandbox object of this machine's Docker."""
    label: dict[str, str | list[str] | bool] = {"label": LABEL}
    return {
        *(str(one.name) for one in client.containers.list(all=True, filters=label)),
        *(str(one.name) for one in client.networks.list(filters=label)),
        *(str(one.name) for one in client.volumes.list(filters=label)),
    }
