"""What somebody does by hand on the VPS is found by the rules that judge the program, as long as it is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.world import World, run

pytestmark = pytest.mark.story

CANARY = "canary-0f9b2c-by-hand"
_IMAGE = "$(docker inspect --format '{{.Config.Image}}' nginx)"
_SECRET = "/opt/neurmatic/secrets/cache/users.acl"
# What is done, how it is undone, and the rules that it breaks.
BY_HAND = [
    (
        f"docker run --detach --name by-hand --publish 15432:5432 --env DB_PASSWORD={CANARY} {_IMAGE} sleep 600",
        "docker rm --force by-hand",
        {"database-port-bound-to-loopback", "environments-without-secrets", "processes-without-root"},
    ),
    (
        # Only made: a machine of CI has not got all the powers that it asks for.
        f"docker create --name by-hand-privileged --privileged {_IMAGE} sleep 600",
        "docker rm --force by-hand-privileged",
        {"containers-unprivileged"},
    ),
    (f"chmod 644 {_SECRET}", f"chmod 400 {_SECRET}", {"secret-files-private"}),
    (
        "systemd-run --quiet --unit by-hand python3 -m http.server 8099"
        " && timeout 60 sh -c 'until ss -lnt | grep -q :8099; do sleep 0.2; done'",
        "systemctl stop by-hand",
        {"host-ports-closed"},
    ),
]


def test_what_is_done_by_hand_fails_the_audit_by_its_rules_until_it_is_undone(world: World) -> None:
    assert failing(world) == set()
    try:
        for doing, _, _ in BY_HAND:
            world.on_box(doing)
        found = failing(world)
    finally:
        for _, undoing, _ in BY_HAND:
            world.on_box(f"{undoing} || true")

    assert {rule for _, _, rules in BY_HAND for rule in rules} <= found
    assert failing(world) == set()


def test_a_host_that_shows_another_key_is_told_nothing(world: World, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    name, kind, _ = world.clone.known_hosts.read_text().split(maxsplit=2)
    known.write_text(f"{name} {kind} AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
    config = tmp_path / world.stack.config_file.name
    config.write_text(world.stack.config_file.read_text().replace(str(world.clone.known_hosts), str(known)))

    done = audit(world, PULUMI_OPTION_CONFIG_FILE=str(config))

    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "\n  mend: " in done.stderr
    assert done.stdout == ""


def failing(world: World) -> set[str]:
    """Audit the host, and return the rules that must not stay broken; nothing of a secret is told."""
    done = audit(world)
    assert CANARY not in done.stdout + done.stderr
    assert done.returncode in (0, 1), done.stderr
    found = {each["rule"] for each in json.loads(done.stdout) if each["fails"]}
    assert done.returncode == bool(found), done.stderr
    return found


def audit(world: World, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations", "audit", "--stack", world.stack.name, "--json"]
    return run(command, world.clone.root, **{**world.stack.environment(), **variables})
