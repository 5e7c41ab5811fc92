"""Wrong input is refused with the setting's path and the mend, and nothing has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import urllib3

from sandbox.outside import table
from tests.some import some
from tests.stories.world import REMOVED, World

pytestmark = pytest.mark.story

WRONG: dict[str, tuple[str, Any, list[str]]] = {
    "an unknown setting": ("host.ipv5", "192.0.2.1", ["host.ipv5"]),
    "an unknown section": ("hosts", {}, ["hosts"]),
    "a wrong type": ("application.backend.replicas", "two", ["application.backend.replicas"]),
    "no backend": ("application.backend.replicas", 0, ["application.backend.replicas"]),
    "a pool that exceeds max_connections": ("application.backend.pool_size", 5000, ["pool", "max_connections"]),
    "a missing secret": ("jwt_secret", REMOVED, ["neurmatic secrets init --stack sandbox", "jwt_secret"]),
    "a release without its images": (
        "release",
        "v9.9.9",
        ["application.backend.image", "neurmatic images --release v9.9.9 --stack sandbox"],
    ),
    "an image whose tag may move": (
        "database.image",
        "postgres:18",
        ["database.image", "neurmatic images --update database --stack sandbox"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_before_anything_changes(world: World, tmp_path: Path, case: str) -> None:
    path, value, words = WRONG[case]
    before = world.stack.export()

    refused = world.pulumi("up", "--yes", PULUMI_OPTION_CONFIG_FILE=world.reconfigured(tmp_path, (path, value)))

    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert all(word in said for word in some(words)), said
    assert "Traceback" not in said
    assert world.stack.export()["deployment"]["resources"] == before["deployment"]["resources"]


# What is declared, by what the host has; the figures that are told of it; and what is typed.
LESS: dict[str, tuple[tuple[str, Callable[[int, int], Any]], str, str]] = {
    "processors": (
        ("database.cpus", lambda cores, _: cores + 1),
        r"more cores than the host's {cores}, .*\n +database.cpus {more_cores}\n",
        "pulumi config set --path 'neurmatic:database.cpus' {cores}",
    ),
    "memory": (
        ("database.memory", lambda _, memory: f"{memory}MB"),
        r"memory: \d+MB at rest and \d+MB while a release rolls, more than the host's {memory}MB\n.*{memory}MB",
        "pulumi config set --path 'neurmatic:database.memory' SIZE",
    ),
    "disk": (
        ("host.free_disk", lambda *_: "4096GB"),
        r"\d+MB of the host's disk are free, less than 4194304MB\n",
        "pulumi config set --path 'neurmatic:host.free_disk' \\d+MB",
    ),
}


@pytest.mark.parametrize("case", LESS)
def test_a_host_that_has_less_than_is_declared_is_told_before_anything_changes(
    world: World, tmp_path: Path, case: str
) -> None:
    (path, value), figures, typed = LESS[case]
    cores = int(world.on_box("nproc"))
    memory = int(world.on_box("awk '$1 == \"MemTotal:\" { print int($2 / 1024) }' /proc/meminfo"))
    known = {"cores": cores, "more_cores": cores + 1, "memory": memory}
    record = {"name": "unasked.neurmatic.com", "type": "TXT", "content": "a change beside it"}
    before, running = resources(world), world.on_box("docker ps --all --no-trunc --quiet")

    refused = world.pulumi(
        *("up", "--yes", "--skip-preview"),
        PULUMI_OPTION_CONFIG_FILE=world.reconfigured(
            tmp_path, (path, value(cores, memory)), ("dns.records", [record]), ("dns.ttl", 600)
        ),
    )

    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert re.search(figures.format(**known), said), said
    lines = said.partition("Diagnostics:")[2].strip().splitlines()
    begins = next(index for index, line in enumerate(lines) if "Process exited" in line)
    message = [*takewhile(str.strip, lines[begins:])]
    assert len(message) <= 12, said
    assert max(map(len, message)) <= 160, said
    assert re.search(f"type:   .*{typed.format(**known)}", message[-1]), said
    assert resources(world) == before
    assert world.on_box("docker ps --all --no-trunc --quiet") == running
    assert {(name, ttl) for name, ttl in some(records(world)) if name == record["name"] or ttl == 600} == set()


def resources(world: World) -> dict[str, str | None]:
    """Return when each resource was last changed: the engine encrypts secrets anew whenever it writes the state."""
    return {each["urn"]: each.get("modified") for each in world.stack.export()["deployment"]["resources"]}


def records(world: World) -> list[tuple[str, int]]:
    """Return the name and TTL of every record at Cloudflare."""
    token = {"Authorization": f"Bearer {table.cloudflare_token(world.clone)}"}
    base = f"https://{world.clone.cloudflare}/client/v4/zones"
    with urllib3.PoolManager(ca_certs=str(world.clone.ca)) as pool:
        (zone,) = pool.request("GET", f"{base}?name=neurmatic.com", headers=token).json()["result"]
        found = pool.request("GET", f"{base}/{zone['id']}/dns_records?per_page=500", headers=token).json()["result"]
    return [(record["name"], record["ttl"]) for record in found]
