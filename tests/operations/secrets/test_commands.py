"""`neurmatic secrets` as a person or CI runs it, with a `pulumi` that notes what it is started with."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from operations import clock
from operations.cli import main
from operations.secrets import making
from settings import SECRETS
from tests.engine import ROOT
from tests.some import some
from tests.stories.terminal import follow

GENERATED = [name for name, kind in SECRETS.items() if kind.made == "generated"]
# A hang ends, and slowness does not.
HANG_SECONDS = 600
TOKEN = "cloudflare-canary-Kq3ZtLw8sYp1"
GIVEN = hashlib.sha256(b"given").hexdigest()  # as random as it looks, and in the tests' names the same every time

# Encrypts by turning the value round, and notes its arguments and environment. Writes JSON, which is YAML too.
PULUMI = f"""#!{sys.executable} -IS
import json, os, pathlib, signal, sys
notes = pathlib.Path(__file__).with_name("notes")
with notes.open("a") as file:
    file.write(json.dumps([sys.argv, dict(os.environ)]) + "\\n")
if len(notes.read_text().splitlines()) == int(os.environ.get("KILL_AT", 0)):
    os.kill(os.getppid(), int(os.environ.get("KILL_WITH", signal.SIGKILL)))
    sys.exit(1)
if os.environ.get("SAY"):
    sys.exit(os.environ["SAY"])
arguments = sys.argv[1:]
file = pathlib.Path(arguments[arguments.index("--config-file") + 1])
config = (document := json.loads(file.read_text()))["config"]
if arguments[1] == "set" and "--secret" in arguments:
    config[arguments[arguments.index("--secret") + 1]] = {{"secure": sys.stdin.read()[::-1]}}
elif arguments[1] == "set":
    path, day = arguments[3:5]
    section, *keys = path.split(".")
    config.setdefault(section, {{}}).setdefault(keys[0], {{}})[keys[1]] = day
else:
    json.dump({{
        key: {{"secret": True, **({{"value": one["secure"][::-1]}} if "--show-secrets" in arguments else {{}})}}
        if isinstance(one, dict) and "secure" in one else {{"secret": False, "value": "", "objectValue": one}}
        for key, one in config.items()
    }}, sys.stdout)
    sys.exit()
file.write_text(json.dumps(document))
"""


@dataclass(frozen=True)
class Stack:
    """A stack file, and a `pulumi` that works on it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "Pulumi.test.yaml"

    @property
    def config(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text())["config"])

    @property
    def values(self) -> dict[str, str]:
        return {
            key.partition(":")[2]: one["secure"][::-1]
            for key, one in self.config.items()
            if isinstance(one, dict) and "secure" in one
        }

    @property
    def notes(self) -> str:
        return (self.folder / "notes").read_text()

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}:{os.environ['PATH']}", "PULUMI_OPTION_CONFIG_FILE": str(self.file)}

    def secrets(self, verb: str, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Run the command in this process."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.environment, **variables}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            patch.setattr(sys, "stdout", out := io.StringIO())
            patch.setattr(sys, "stderr", err := io.StringIO())
            code = main(["secrets", verb, "--stack", "test", *arguments])
        return Done(code, out.getvalue(), err.getvalue())

    def killed(self, moment: int) -> int:
        """Run `init` in a process that is killed when it starts the n-th pulumi, and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "operations", "secrets", "init", "--stack", "test"],
            cwd=ROOT,
            env={**os.environ, **self.environment, "KILL_AT": str(moment)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """Return a stack that has no secret yet."""
    return made(tmp_path)


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Return a stack that has all it needs, for copies."""
    stack = made(tmp_path_factory.mktemp("stack"))
    done = stack.secrets("init", "--from-stdin", stdin=f"cloudflare_api_token={TOKEN}\n")
    assert done.code == 0, done.stderr
    return stack


@pytest.fixture
def ready(initialised: Stack, tmp_path: Path) -> Stack:
    """Return a stack that has all it needs."""
    shutil.copytree(initialised.folder, tmp_path, dirs_exist_ok=True)
    return Stack(tmp_path)


def made(folder: Path) -> Stack:
    """Return a stack in an empty folder, and its `pulumi`."""
    stack = Stack(folder)
    stack.file.write_text(json.dumps({"config": {"neurmatic:edge": {"origin_pulls": "required"}}}))
    (folder / "pulumi").write_text(PULUMI)
    (folder / "pulumi").chmod(0o755)
    return stack


def test_init_sets_all_that_is_needed_and_check_then_finds_nothing(ready: Stack) -> None:
    checked = ready.secrets("check")

    assert set(ready.values) == {*GENERATED, "cloudflare_api_token", "origin_pull_authority", "origin_pull_client"}
    assert (checked.code, checked.stderr) == (0, ""), checked.stdout
    assert set(ready.config["neurmatic:secrets"]["changed"]) == set(ready.values)


def test_the_last_days_of_certificates_stand_in_the_clear_and_follow_every_rotation(
    ready: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ready.config["neurmatic:secrets"]["expires"]
    moment = clock.now() + timedelta(days=200)
    monkeypatch.setattr(clock, "now", lambda: moment)

    rotated = ready.secrets("rotate", "origin_pull_client")

    second = ready.config["neurmatic:secrets"]["expires"]
    assert rotated.code == 0
    assert second == {name: making.last_day(ready.values[name]).isoformat() for name in first}
    assert second["origin_pull_client"] == (moment + timedelta(days=365)).date().isoformat()
    assert second["origin_pull_authority"] == first["origin_pull_authority"]


def test_init_notes_the_last_day_of_a_certificate_from_before_they_were_noted(ready: Stack) -> None:
    document = json.loads(ready.file.read_text())
    noted = document["config"]["neurmatic:secrets"].pop("expires")
    ready.file.write_text(json.dumps(document))

    checked, done = ready.secrets("check"), ready.secrets("init")

    assert checked.code == 1
    assert done.code == 0
    assert ready.config["neurmatic:secrets"]["expires"] == noted
    assert ready.secrets("check").code == 0


def test_init_notes_nothing_of_a_certificate_that_cannot_be_read_and_check_tells_of_it(ready: Stack) -> None:
    document = json.loads(ready.file.read_text())
    key = ready.values["origin_pull_client"].partition("-----BEGIN CERT")[0]
    document["config"]["neurmatic:origin_pull_client"]["secure"] = key[::-1]
    ready.file.write_text(json.dumps(document))
    before = ready.file.read_bytes()

    done, checked = ready.secrets("init"), ready.secrets("check")

    assert (done.code, done.stderr) == (0, "")
    assert "origin_pull_client: is set\n" in done.stdout
    assert "origin_pull_client holds no certificate that can be read" in checked.stdout
    assert ready.file.read_bytes() == before


def test_no_value_is_ever_in_an_argument_a_variable_or_the_output(ready: Stack) -> None:
    outputs = [
        ready.secrets("rotate", "jwt_secret", "origin_pull_authority"),
        ready.secrets("list"),
        ready.secrets("list", "--json"),
        ready.secrets("check"),
        ready.secrets("check", "--json"),
        ready.secrets("init"),
        ready.secrets("rotate", "cloudflare_api_token", "--from-stdin", stdin="cloudflare_api_token=short\n"),
    ]
    everything = ready.notes + "".join(done.stdout + done.stderr for done in outputs)

    assert [done.code for done in outputs] == [0, 0, 0, 0, 0, 0, 1]
    assert "--secret" in ready.notes
    lines = [line for value in ready.values.values() for line in value.splitlines() if "-----" not in line]
    assert len(lines) > 12
    assert [line for line in some(lines) if line in everything] == []
    assert "short" not in everything


def test_init_again_changes_nothing(ready: Stack) -> None:
    before = ready.file.read_bytes()

    again = ready.secrets("init")

    assert again.code == 0
    assert ready.file.read_bytes() == before


def test_init_notes_today_for_what_somebody_set_by_hand_and_keeps_its_value(ready: Stack) -> None:
    document = json.loads(ready.file.read_text())
    del document["config"]["neurmatic:secrets"]["changed"]["jwt_secret"]
    ready.file.write_text(json.dumps(document))
    before = ready.values

    checked, done = ready.secrets("check"), ready.secrets("init")

    assert "jwt_secret was set on a day that is not noted" in checked.stdout
    assert done.code == 0
    assert ready.values == before
    assert ready.secrets("check").code == 0


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_killed_at_any_moment_init_goes_on_where_it_stopped(stack: Stack, moment: int) -> None:
    killed = stack.killed(moment)
    before = stack.values
    notes = stack.config.get("neurmatic:secrets", {"changed": {}})["changed"]

    done = stack.secrets("init", "--from-stdin", stdin=f"cloudflare_api_token={TOKEN}\n")

    assert killed == -signal.SIGKILL
    assert set(notes) == set(before), "a value and its day come together"
    assert done.code == 0, done.stderr
    assert {name: stack.values[name] for name in before} == before
    assert stack.secrets("check").code == 0


def test_who_stops_a_command_by_ctrl_c_is_told_that_it_goes_on_where_it_stopped(stack: Stack) -> None:
    stopped = stack.secrets("init", KILL_AT="4", KILL_WITH=str(int(signal.SIGINT)))
    before = stack.values

    again = stack.secrets("init", "--from-stdin", stdin=f"cloudflare_api_token={TOKEN}\n")

    assert stopped.code == 130
    assert stopped.stderr == "\nstopped; the same command goes on where this one stopped\n"
    assert before
    assert again.code == 0, again.stderr
    assert {name: stack.values[name] for name in before} == before


def test_what_only_people_know_is_asked_for_without_showing_it(stack: Stack) -> None:
    answers = iter([TOKEN[:15], TOKEN])

    code, shown = follow(
        f"{sys.executable} -m operations secrets init --stack test",
        lambda _: next(answers),
        re.compile(r"Enter to leave it for later\): $"),
        cwd=ROOT,
        environment={**os.environ, **stack.environment},
        timeout=HANG_SECONDS,
        log=stack.folder / "terminal.log",
    )

    assert code == 0, shown
    assert "the value is not at least 16" in shown
    assert "next: " in shown
    assert stack.values["cloudflare_api_token"] == TOKEN
    assert TOKEN[:15] not in shown


def test_without_anybody_to_ask_init_sets_the_rest_and_says_what_is_missing(stack: Stack) -> None:
    done = stack.secrets("init")

    assert done.code == 1
    assert "cloudflare_api_token is missing: API token of the zone" in done.stderr
    assert "--from-stdin" in done.stderr
    assert set(GENERATED) <= set(stack.values)


def test_rotate_changes_the_value_and_its_day_and_says_what_comes_next(ready: Stack) -> None:
    document = json.loads(ready.file.read_text())
    document["config"]["neurmatic:secrets"]["changed"] = dict.fromkeys(ready.values, "2020-01-01")
    ready.file.write_text(json.dumps(document))
    before = ready.values

    listed = json.loads(ready.secrets("list", "--json").stdout)
    checked, for_machines = ready.secrets("check"), ready.secrets("check", "--json")
    done = ready.secrets("rotate", "jwt_secret", "jwt_secret")

    assert {entry["changed"] for entry in some(listed) if entry["state"] == "set"} == {"2020-01-01"}
    assert (checked.code, for_machines.code) == (1, 1)
    mend = "neurmatic secrets rotate --stack test jwt_secret"
    assert mend in checked.stdout
    assert mend in [finding["mend"] for finding in json.loads(for_machines.stdout)]
    assert done.stdout.splitlines()[-1] == "next: pulumi up --stack test"
    assert {name for name, value in ready.values.items() if value != before[name]} == {"jwt_secret"}
    assert ready.config["neurmatic:secrets"]["changed"]["jwt_secret"] > "2020-01-01"


def test_a_new_authority_brings_a_new_client(ready: Stack) -> None:
    before = ready.values

    done = ready.secrets("rotate", "origin_pull_authority")

    assert done.code == 0
    changed = {name for name, value in ready.values.items() if value != before[name]}
    assert changed == {"origin_pull_authority", "origin_pull_client"}
    assert ready.secrets("check").code == 0


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["redis_pasword"], "", ["there is no secret 'redis_pasword'", "did you mean redis_password?"]),
        (["slack_webhook_url"], "", ["slack_webhook_url: not set", "secrets init --stack test"]),
        (["jwt_secret", "cloudflare_api_token"], "", ["no new value was given", "nothing was changed"]),
        (["cloudflare_api_token", "--from-stdin"], f"cloudflare_api_token={TOKEN}", ["the one that is set"]),
        (["cloudflare_api_token", "--from-stdin"], TOKEN, ["line 1 of standard input has no '='"]),
        (["cloudflare_api_token", "--from-stdin"], "cloudflare_token=x", ["did you mean cloudflare_api_token?"]),
        (["cloudflare_api_token", "--from-stdin"], "cloudflare_api_token=x y", ["line 1", "is not at least 16"]),
        (["origin_pull_client", "--from-stdin"], "origin_pull_client=x", ["is made here, not given"]),
        (["jwt_secret", "--from-stdin"], f"\nredis_password={GIVEN}", ["line 2", "redis_password is not among"]),
        (["jwt_secret", "--from-stdin"], f"jwt_secret={GIVEN}\n" * 2, ["line 2", "gives jwt_secret again"]),
        (["jwt_secret", "--from-stdin"], f"jwt_secret={GIVEN[:32]}", ["the brief wants 64", "a random one is made"]),
        (["jwt_secret", "--from-stdin"], f"{GIVEN}==", ["line 1 of standard input names no secret"]),
    ],
)
def test_a_rotation_that_cannot_be_is_refused_and_nothing_has_changed(
    ready: Stack, arguments: list[str], stdin: str, words: list[str]
) -> None:
    before = ready.file.read_bytes()

    done = ready.secrets("rotate", *arguments, stdin=stdin)

    assert done.code == 1
    assert all(word in done.stderr for word in some(words)), done.stderr
    assert TOKEN not in done.stderr
    assert GIVEN[:32] not in done.stderr
    assert "Traceback" not in done.stderr
    assert ready.file.read_bytes() == before


def test_a_given_value_of_what_is_otherwise_random_is_the_one_that_is_kept(stack: Stack) -> None:
    token = f"cloudflare_api_token={TOKEN}\n"
    first = stack.secrets("init", "--from-stdin", stdin=f"{token}jwt_secret={GIVEN}\n")
    given = stack.values["jwt_secret"]
    again = stack.secrets("init", "--from-stdin", stdin=f"{token}jwt_secret={GIVEN}\n")
    rotated = stack.secrets("rotate", "jwt_secret", "session_secret", "--from-stdin", stdin=f"jwt_secret={GIVEN[::-1]}")

    assert [done.code for done in (first, again, rotated)] == [0, 0, 0], first.stderr + again.stderr + rotated.stderr
    assert (given, stack.values["jwt_secret"]) == (GIVEN, GIVEN[::-1])
    assert stack.secrets("check").code == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"jwt_secret={GIVEN}", ["jwt_secret is set already", "secrets rotate --stack test jwt_secret --from-stdin"]),
        ("sentry_dsn=https://canary@example.com/1", ["sentry_dsn is not needed", "what needs it: sentry"]),
        (f"redis_password={GIVEN}", ["redis_password stands in the clear", "config rm --stack test neurmatic:redis"]),
        ("origin_pull_client=x", ["origin_pull_client is made here"]),
    ],
)
def test_init_refuses_a_line_that_nothing_would_use_before_it_changes_anything(
    ready: Stack, line: str, words: list[str]
) -> None:
    document = json.loads(ready.file.read_text())
    document["config"]["neurmatic:redis_password"] = "in-the-clear-canary"
    del document["config"]["neurmatic:session_secret"]
    ready.file.write_text(json.dumps(document))
    before = ready.file.read_bytes()

    done = ready.secrets("init", "--from-stdin", stdin=f"session_secret={GIVEN}\n{line}\n")

    assert done.code == 1
    assert all(word in done.stderr for word in ["line 2", "leave out line 2", *words]), done.stderr
    assert "canary" not in done.stderr
    assert GIVEN not in done.stderr
    assert ready.file.read_bytes() == before


def test_init_tells_a_secret_in_the_clear_from_a_missing_one_and_what_it_says_mends_it(ready: Stack) -> None:
    document = json.loads(ready.file.read_text())
    document["config"]["neurmatic:jwt_secret"] = "in-the-clear-canary"
    ready.file.write_text(json.dumps(document))

    done = ready.secrets("init")
    del document["config"]["neurmatic:jwt_secret"]  # what the mend's first command does
    ready.file.write_text(json.dumps(document))
    again = ready.secrets("init")

    assert done.code == 1
    assert done.stderr.splitlines() == [
        "jwt_secret stands in the clear, so that whoever sees the file knows it",
        "  mend: pulumi config rm --stack test neurmatic:jwt_secret; neurmatic secrets init --stack test",
    ]
    assert (again.code, ready.secrets("check").code) == (0, 0)


@pytest.mark.parametrize("verb", [["init"], ["rotate", "jwt_secret"], ["list"], ["check"]])
@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("error: incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE_FILE"),
        ("error: no stack named 'test' found", "pulumi stack init"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "pulumi login"),
        ("error: something new", "put right what it says"),
    ],
)
def test_what_pulumi_refuses_is_told_with_its_mend_and_nothing_has_changed(
    ready: Stack, verb: list[str], said: str, mend: str
) -> None:
    before = ready.file.read_bytes()

    done = ready.secrets(*verb, SAY=said)

    assert done.code == 1
    assert said.removeprefix("error: ") in done.stderr
    assert f"\n  mend: {mend}" in done.stderr or mend in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert ready.file.read_bytes() == before


def test_without_pulumi_it_says_where_to_get_it(ready: Stack) -> None:
    done = ready.secrets("list", PATH="/nowhere")

    assert (done.code, done.stderr.splitlines()[0]) == (1, "there is no pulumi on PATH")


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_asked(stack: Stack) -> None:
    (stack.folder / f".new.{stack.file.name}").mkdir()  # in the way, also for root

    done = stack.secrets("init")

    assert done.code == 1
    assert "mend:" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.values == {}
