"""What is told of a failed `up`, by what the engine printed."""

from __future__ import annotations

import pytest

from operations.failures import digest

MIGRATION = """\
 ~  command:remote:Command application-migration **updating failed** [diff: ~stdin]; error: Process exited with status 1
    pulumi:pulumi:Stack neurmatic-sandbox  2 errors
Diagnostics:
  command:remote:Command (application-migration):
    error: Process exited with status 1: running "sh -s migrate.sh":
    failed: the migration of the database: Failed 2 seconds ago
            error: column "price" already exists
    serves: the release before it, on the database as this migration left it
    type:   pulumi up   # with the migration mended, or with another neurmatic:release

  pulumi:pulumi:Stack (neurmatic-sandbox):
    error: update failed

Resources:
    55 unchanged

Duration: 8s
"""


def test_a_failure_is_told_by_its_resource_in_its_own_words() -> None:
    assert digest(MIGRATION).splitlines() == [
        "application-migration",
        "failed: the migration of the database: Failed 2 seconds ago",
        '        error: column "price" already exists',
        "serves: the release before it, on the database as this migration left it",
        "type:   pulumi up   # with the migration mended, or with another neurmatic:release",
    ]


def test_what_failed_beside_it_is_named() -> None:
    other = "  command:remote:Command (certificate-issued):\n    error: after 10 failed attempts: dial tcp\n\n"
    heading = "  pulumi:pulumi:Stack (neurmatic-sandbox)"

    assert digest(MIGRATION.replace(heading, other + heading)).endswith("\nand 1 more: certificate-issued")


def test_a_warning_is_no_failure() -> None:
    warned = MIGRATION.replace("    error: update failed", "    warning: no agent\n    error: update failed")

    assert digest(warned) == digest(MIGRATION)


def test_a_long_message_keeps_its_beginning_and_its_end_within_twelve_lines() -> None:
    said = MIGRATION.replace(
        "            error: column", "            x\n" * 50 + "            error: column" + " x" * 200
    )
    lines = digest(said).splitlines()

    assert len(lines) <= 10
    assert max(map(len, lines)) <= 160
    assert lines[1].startswith("failed: ")
    assert lines[-1].startswith("type: ")


@pytest.mark.parametrize("said", ["", "pulumi: command not found", "Diagnostics:\n"])
def test_where_the_engine_tells_no_failure_nothing_is_told(said: str) -> None:
    assert digest(said) == ""
