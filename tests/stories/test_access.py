"""The owner looks into the sandbox by the short commands."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.stories.world import World

pytestmark = pytest.mark.story


def make(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Type `make` and what follows; it is typed in no other make, and nobody sits at the keyboard."""
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}}
    return subprocess.run(
        ["make", "-s", *arguments],
        cwd=world.clone.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_command_runs_on_the_vps_with_its_quotes_and_variables(world: World) -> None:
    listed = make(world, "ssh", "RUN=docker ps --format '{{.Names}}'")
    told = make(world, "ssh", """RUN=printf '%s|' "$HOSTNAME" 'a  b' "$(id -un)"; exit 3""")

    assert {"postgres", "redis", "nginx"} <= set(listed.stdout.split())
    assert told.stdout == "vps|a  b|root|"
    assert "Error 3" in told.stderr


def test_ssh_itself_reaches_the_vps_from_the_clones_folder(world: World) -> None:
    argv = ["ssh", "-F", ".sandbox/ssh/config", "vps", "hostname"]
    told = subprocess.run(argv, cwd=world.clone.root, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    assert told.stdout == "vps\n", told.stderr


@pytest.mark.parametrize(("part", "line"), [("backend", "application-backend"), ("postgres", "ready to accept")])
def test_the_log_of_a_part_is_shown(world: World, part: str, line: str) -> None:
    shown = make(world, "logs", f"PART={part}")

    assert line in shown.stdout + shown.stderr


def test_a_statement_is_run_by_the_databases_superuser_and_a_wrong_one_is_an_error(world: World) -> None:
    asked = make(world, "psql", "RUN=select current_user || $$ 'quoted' $$, rolsuper from pg_roles where oid = 10")
    wrong = make(world, "psql", "RUN=select nonsense")

    assert "postgres 'quoted'" in asked.stdout
    assert 'column "nonsense" does not exist' in wrong.stderr
    assert wrong.returncode != 0


def test_without_a_browser_the_page_is_told_with_the_key_that_a_browser_elsewhere_may_trust(world: World) -> None:
    told = make(world, "open", "DISPLAY=", "WAYLAND_DISPLAY=")

    assert f"https://neurmatic.com:{world.clone.https_port}/" in told.stderr
    assert "--ignore-certificate-errors-spki-list=" in told.stderr
