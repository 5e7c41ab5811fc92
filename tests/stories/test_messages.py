"""What a person reads of a deployment that failed, with nothing else at 3 a.m.: why, what serves, what to type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.some import some
from tests.stories.world import World, changes, run

pytestmark = pytest.mark.story

NODE = ["node", "-e"]
FAILING: dict[str, tuple[str, Any, str, list[str]]] = {
    "a migration that fails": (
        "application.backend.migrate_command",
        [*NODE, "console.error('column price already exists'); process.exit(1)"],
        "application-migration",
        ["the migration of the database", "column price already exists", "the release before it"],
    ),
    "an authority that does not answer": (
        "certificate.directory_url",
        "https://127.0.0.1:1/dir",
        "certificate-issued",
        ["no certificate of https://127.0.0.1:1/dir", "nginx, with the certificate that it has"],
    ),
    "a setting that cannot be": (
        "application.backend.replicas",
        0,
        "neurmatic-sandbox",
        ["neurmatic:application.backend.replicas", "nothing was changed, and what runs serves on"],
    ),
}


def message(said: str, resource: str) -> list[str]:
    """Return what the engine tells last of a resource, as a person sees it."""
    _, heading, rest = said.rpartition(f" ({resource}):\n")
    assert heading, said
    return rest.partition("\n\n")[0].rstrip().splitlines()


def readable(lines: list[str]) -> bool:
    """Return whether a message is short, and ends with what to type."""
    return len(lines) <= 12 and max(map(len, lines)) <= 160 and typed(lines).startswith("pulumi ")


def typed(lines: list[str]) -> str:
    return lines[-1].strip().removeprefix("type:").strip()


@pytest.mark.parametrize("case", FAILING)
def test_what_failed_says_in_twelve_lines_why_and_what_serves_and_what_to_type(
    world: World, tmp_path: Path, case: str
) -> None:
    path, value, resource, words = FAILING[case]

    failed = world.pulumi(
        "up", "--yes", "--skip-preview", PULUMI_OPTION_CONFIG_FILE=world.reconfigured(tmp_path, (path, value))
    )
    lines = message(failed.stdout, resource)
    health = world.health().get("status")
    again = world.pulumi("up", "--yes", "--skip-preview")

    assert failed.returncode != 0
    assert readable(lines), "\n".join(lines)
    assert [word for word in some(words) if word not in "\n".join(lines)] == []
    assert health == "healthy"
    assert again.returncode == 0, again.stdout


def test_a_release_that_dies_is_taken_back_and_what_its_message_says_to_type_brings_the_next(
    world: World, tmp_path: Path
) -> None:
    dies = [*NODE, "console.error('no such table'); process.exit(1)"]
    config = world.reconfigured(tmp_path, ("application.backend.command", dies))

    failed = world.pulumi("up", "--yes", "--skip-preview", PULUMI_OPTION_CONFIG_FILE=config)
    lines = message(failed.stdout, "application-backend-verified")
    health = world.health().get("status")
    environment = {**world.stack.environment(), "PULUMI_OPTION_YES": "true", "PULUMI_OPTION_NON_INTERACTIVE": "true"}
    mended = run(["sh", "-c", typed(lines)], world.clone.root, **environment)
    settled = world.pulumi("up", "--yes", "--skip-preview")

    assert failed.returncode != 0
    assert readable(lines), "\n".join(lines)
    assert "no such table" in "\n".join(lines)
    assert health == "healthy"
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert changes(settled.stdout) == {"unchanged"}
    world.wait_for("healthy")
