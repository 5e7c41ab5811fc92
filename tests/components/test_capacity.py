"""What is asked of the host, and what is said where it has less."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import settings
from components.capacity import demand
from components.script import text
from tests.engine import stack_config
from tests.some import some

CORES = len(os.sched_getaffinity(0))
NOTHING: dict[str, Any] = {
    "CPUS": "database 0.01",
    "AT_REST_MB": 1,
    "ROLLING_MB": 1,
    "SUM": "database 1 x 1MB",
    "LARGEST": "database",
    "FREE_DISK_MB": 0,
    "DOCKER_API": "1.41",
}


def demanded(stack: str, tmp_path: Path) -> dict[str, str]:
    parsed, _ = settings.parse(stack_config(stack, tmp_path), {f"neurmatic:{name}" for name in settings.SECRETS}, stack)
    assert parsed is not None
    return demand(parsed)


def asked(tmp_path: Path, docker: str | None = "1.41", **changed: object) -> subprocess.CompletedProcess[str]:
    """Ask this machine, with a Docker of this version of its API, or one that does not answer."""
    fake = tmp_path / "docker"
    fake.write_text(f"#!/bin/sh\necho {docker}\n" if docker else "#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    return subprocess.run(
        ["sh", "-s", "capacity.sh"],
        input=text("capacity.sh", NOTHING | changed),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_a_host_of_4_cores_and_16_gb_has_what_a_stack_of_the_briefs_sizes_declares(stack: str, tmp_path: Path) -> None:
    found = demanded(stack, tmp_path)

    assert max(float(line.split()[1]) for line in some(found["CPUS"].splitlines())) == 4
    # PostgreSQL 4096, Redis 2560, two backends of 2048, the frontend's 256, nginx's 512; a third backend meanwhile.
    assert (found["AT_REST_MB"], found["ROLLING_MB"]) == ("11520", "13568")


def test_every_container_and_replica_counts_and_one_more_while_a_release_rolls(tmp_path: Path) -> None:
    found = demanded("sandbox", tmp_path)

    assert found["CPUS"] == ("database 1\ncache 0.5\napplication.backend 1\napplication.frontend 0.5\nload_balancer 1")
    assert found["AT_REST_MB"] == str(512 + 128 + 2 * 256 + 64 + 128)
    assert found["ROLLING_MB"] == str(512 + 128 + 3 * 256 + 64 + 128)


@pytest.mark.parametrize("docker", ["1.41", "1.52", "2.0", None])
def test_a_host_that_has_enough_is_told_nothing(docker: str | None, tmp_path: Path) -> None:
    done = asked(tmp_path, docker, CPUS=f"database {CORES}\ncache 0.5")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("demand", "docker", "figures", "mend"),
    [
        (
            {"CPUS": f"database {CORES}\ncache {CORES}.5\nload_balancer 99999"},
            "1.41",
            f"more cores than the host's {CORES}, so that Docker does not start the container:\n"
            rf"\s+cache.cpus {CORES}.5, load_balancer.cpus 99999\n",
            f"pulumi config set --path 'neurmatic:cache.cpus' {CORES}",
        ),
        (
            {"AT_REST_MB": 5, "ROLLING_MB": 10**9},
            "1.41",
            r"memory: 5MB at rest and 1000000000MB while a release rolls, more than the host's \d+MB\n"
            r"\s+\(database 1 x 1MB\)\n",
            r"pulumi config set --path 'neurmatic:database.memory' SIZE   # \d+MB less, or a larger host",
        ),
        (
            {"FREE_DISK_MB": 10**12},
            "1.41",
            r"host.free_disk: \d+MB of the host's disk are free, less than 1000000000000MB\n",
            r"docker image prune --all   # on the host; or: pulumi config set --path 'neurmatic:host.free_disk' \d+MB",
        ),
        (
            {},
            "1.40",
            r"Docker's API is 1.40, older than the 1.41 of Docker 20.10",
            "apt-get update && apt-get install docker.io   # on the host",
        ),
        (
            {},
            "1.9",
            r"Docker's API is 1.9, older than the 1.41 of Docker 20.10",
            "apt-get update && apt-get install docker.io   # on the host",
        ),
    ],
)
def test_a_host_that_has_less_is_told_with_figures_and_the_mend(
    demand: dict[str, object], docker: str, figures: str, mend: str, tmp_path: Path
) -> None:
    done = asked(tmp_path, docker, **demand)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("failed: the host has less than what is declared\n")
    assert re.search(figures, done.stderr)
    assert re.search(f"^type:   {mend}$", done.stderr.splitlines()[-1])


def test_all_that_a_host_can_lack_fits_a_screen(tmp_path: Path) -> None:
    parts = ("database", "cache", "application.backend", "application.frontend", "load_balancer")
    done = asked(
        tmp_path,
        "1.40",
        CPUS="\n".join(f"{name} 256" for name in parts),
        AT_REST_MB=10**7,
        ROLLING_MB=10**7,
        SUM=", ".join(f"{name} 100 x 4194304MB" for name in parts),
        LARGEST="application.frontend",
        FREE_DISK_MB=10**7,
    )

    lines = done.stderr.splitlines()
    assert all(word in done.stderr for word in ("cores", "memory: ", "host.free_disk: ", "Docker's API is 1.40"))
    assert len(lines) <= 11, "and one line of Pulumi's own"
    assert all(len(line) <= 160 for line in some(lines))
