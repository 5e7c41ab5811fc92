"""What a person reads of a release that Swarm took back: what its own replica said."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from components.script import text

# A host on which an update was rolled back: the replica that fails now is listed after one that was killed before it.
DOCKER = """#!/bin/sh
case "$*" in
"service inspect"*) echo rollback_completed ;;
"service ps"*) printf '%s\\n' good killed dies ;;
"inspect --format {{if .Status.Err}}"*)
    printf '\\n%s\\n%s\\n' "killed 2026-11-28 14:48:01.1 +0000 UTC" "dies 2026-11-28 14:50:02.25 +0000 UTC" ;;
"inspect --format {{.Status.Err}} dies") echo "task: non-zero exit (1)" ;;
"inspect --format {{.Status.Err}} killed") echo "task: non-zero exit (137)" ;;
"service logs"*" dies") echo "no such table" ;;
"service logs"*" killed") echo "GET /api/v1/items 200" ;;
*) exit 64 ;;
esac
"""


def test_of_an_update_that_was_taken_back_the_replica_that_failed_last_is_shown(tmp_path: Path) -> None:
    (docker := tmp_path / "docker").write_text(DOCKER)
    docker.chmod(0o755)
    values = {"SERVICE": "x", "RESOURCE": "application-backend", "IMAGE": "i", "REPLICAS": "2", "DEADLINE_SECONDS": "9"}

    refused = subprocess.run(
        ["sh"],
        input=text("verify-service.sh", values),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    failed, *why, serves, typed = refused.stderr.splitlines()
    assert failed == "failed: application-backend: Swarm took the update back (rollback_completed)"
    assert [line.strip() for line in why] == ["no such table", "task: non-zero exit (1)"]
    assert serves == "serves: the release before it"
    assert typed.startswith("type:   pulumi refresh --yes --target '**::application-backend' && pulumi up")
