"""Shell scripts: how values reach them, and what those do that can run anywhere."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from components.script import FILES, assigned

SCRIPTS = sorted(FILES.glob("*.sh"))


@pytest.mark.parametrize("value", ["plain", "it's", 'a "b"', "$HOME `id` \\", "two\nlines\n", "", "ünïcode"])
def test_a_value_reaches_the_script_as_it_is(value: str) -> None:
    done = subprocess.run(
        ["sh", "-c", assigned({"VALUE": value}) + 'printf %s "$VALUE"'], capture_output=True, text=True, check=True
    )

    assert done.stdout == value


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_a_script_is_valid_and_stops_at_the_first_failure(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)

    if script.name != "keep.sh":  # which goes on whatever happens
        assert "set -eu\n" in script.read_text()


@pytest.fixture
def entrypoint(tmp_path: Path) -> Path:
    """Return the entrypoint, reading its secrets from a directory of ours."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "DATABASE_URL").write_text("postgresql://u:p$HOME'\"@h/db")
    (secrets / "LINES").write_text("one\ntwo")
    (secrets / "not-a-variable").write_text("x")
    script = tmp_path / "entrypoint.sh"
    script.write_text((FILES / "entrypoint.sh").read_text().replace("/run/secrets", shlex.quote(str(secrets))))
    script.chmod(0o755)
    return script


def test_the_entrypoint_gives_the_command_every_secret_as_it_is(entrypoint: Path) -> None:
    done = subprocess.run(
        [entrypoint, "python3", "-c", "import os; print([os.environ[n] for n in ('DATABASE_URL', 'LINES')])"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == repr(["postgresql://u:p$HOME'\"@h/db", "one\ntwo"]) + "\n"


def test_the_entrypoint_ends_as_the_command_ends(entrypoint: Path) -> None:
    assert subprocess.run([entrypoint, "sh", "-c", "exit 7"], check=False).returncode == 7


def test_only_the_command_has_the_secrets_in_its_environment(entrypoint: Path) -> None:
    serve = "echo started; while :; do sleep 0.05; done"
    with subprocess.Popen([entrypoint, "sh", "-c", serve], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        own = Path(f"/proc/{process.pid}/environ").read_bytes()
        child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        command = Path(f"/proc/{child}/environ").read_bytes()
        os.kill(int(child), signal.SIGKILL)

    assert b"DATABASE_URL=" in command
    assert b"DATABASE_URL=" not in own


def test_on_sigterm_the_command_serves_on_for_the_drain_and_then_ends_in_order(entrypoint: Path) -> None:
    serve = "trap 'echo ended; exit 3' TERM; echo started; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [entrypoint, "sh", "-c", serve],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DRAIN_SECONDS": "0.5"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        took = time.monotonic() - asked

    assert rest == "ended\n"
    assert process.returncode == 3, "the command's own status is passed on"
    assert took >= 0.5
