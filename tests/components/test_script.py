"""Shell scripts: how values reach them, and what those do that can run anywhere."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi_command import remote

from components.script import FILES, assigned, script, text
from tests.engine import declare
from tests.some import some

RUNNER = FILES / "run.sh"
SCRIPTS = sorted({*FILES.glob("*.sh")} - {RUNNER})


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


def run(given: str, *, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Give a shell a script as the host's shell gets it; programs of `path` come before the machine's own."""
    variables = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-s", "it.sh"], input=given, capture_output=True, text=True, check=False, env=variables
    )


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """Return how to get the text of a script that has this body."""

    def text_of(body: str, stdin: str = "") -> str:
        (tmp_path / "it.sh").write_text(f"#!/bin/sh\nset -eu\n{body}\n")
        (tmp_path / "run.sh").write_text(RUNNER.read_text())
        monkeypatch.setattr("components.script.FILES", tmp_path)
        return text("it.sh", {"VALUE": "it's"}, stdin)

    return text_of


def test_a_script_that_is_given_nothing_reads_nothing() -> None:
    def program() -> None:
        connection = remote.ConnectionArgs(host="192.0.2.7")
        script("it", "certbot.sh", {}, connection=connection, opts=pulumi.ResourceOptions())

    assert declare(program)["it"].inputs["stdin"].startswith("INPUT=''\n")


@pytest.mark.parametrize("stdin", ["", "plain", "it's", "$HOME `id` \\", "two\nlines\n", "%s %d"])
def test_a_script_reads_its_standard_input_as_it_is_and_nothing_of_itself(
    written: Callable[..., str], stdin: str
) -> None:
    done = run(written("cat\ncat >&2", stdin))

    assert (done.returncode, done.stdout) == (0, stdin)


def test_a_script_that_is_cut_off_on_the_way_does_nothing(written: Callable[..., str], tmp_path: Path) -> None:
    done = tmp_path / "done"
    whole = written(f"touch {done}")

    # Within a word too: what is left of it may be the name of a program.
    words = [match.end() for match in re.finditer(r"\w+|\n", whole[: whole.index("main)")])]
    for end in some(words):
        done_so_far = run(whole[:end])
        assert (done_so_far.stdout, done.exists()) == ("", False), whole[:end]
    run(whole)
    assert done.exists()


FAILURES = {
    "its own words": "fail 'it' 'the rest' 'pulumi up'",
    "a tool that says much": "for i in 1 2 3 4 5 6 7 8 9; do printf '\\n%s %0300d\\n' $i 7 >&2; done; false",
    "a tool that says nothing": "false",
    "a trap of its own": "trap 'echo cleaned >&2' EXIT; exit 3",
    "a variable that is not set": 'echo "$NOT_SET"',
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_script_that_fails_ends_with_what_failed_what_serves_and_what_to_type(
    written: Callable[..., str], failure: str
) -> None:
    done = run(written(f"echo begun >&2\n{FAILURES[failure]}\ntouch /not/reached"))

    assert done.returncode not in (0, 127)
    assert readable(done.stderr)
    assert "not/reached" not in done.stderr


def readable(said: str) -> bool:
    """Return whether a person who reads this at 3 a.m. knows what to do; one line and four blanks are Pulumi's."""
    lines = said.splitlines()
    words = [line.partition(":")[0] for line in lines]
    return (
        len(lines) <= 11
        and max(map(len, lines)) <= 156
        and words[0] == "failed"
        and words[-2:] == ["serves", "type"]
        and lines[-1].removeprefix("type:").strip().startswith("pulumi ")
    )


def test_whatever_a_script_itself_says_of_a_failure_has_its_facts() -> None:
    calls = [call for script in SCRIPTS for call in re.findall(r"\bfail (?:.*\\\n)*.*", script.read_text())]

    for call in some(calls):
        assert len(shlex.split(call.replace("\\\n", " "), comments=False)) in (4, 5), call


def test_a_failing_migration_says_why_in_the_programs_own_words(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(
        """#!/bin/sh
case "$*" in
*CurrentState*) echo 'Failed 1 second ago' ;;
*Error*) echo 'task: non-zero exit (1)' ;;
*logs*) printf 'Error: column "x" exists\\n    at a (b.js:1)\\n    at c (d.js:2)\\n' ;;
esac
"""
    )
    docker.chmod(0o755)

    done = run(text("migrate.sh", {"ARGUMENTS": "--env A=b image", "DEADLINE_SECONDS": "9"}), path=tmp_path)

    assert done.returncode == 1
    assert readable(done.stderr), done.stderr
    assert 'column "x" exists' in done.stderr
    assert "b.js" not in done.stderr


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
