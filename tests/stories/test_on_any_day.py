"""What passes today passes on any day, but for what is meant to be refused then.

libfaketime moves the clock of the processes that load it: Python, the policy pack and the stand-ins of the plugins too,
because the engine hands its environment on. It moves `time.time` and `datetime`: by them certificates are made and
judged. `time.monotonic` stays: a lock that waits for a while (sem_clockwait) asks the kernel, and would wait for days.
With that, 0.9.10 breaks the sleep of Python 3.11 (clock_nanosleep ends with EINVAL), so that `moved/` brings another.
Go's programs stay as well, such as the engine: they are static and ask the kernel, which also dates files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from operations.preview import commands, verdict
from policies import waivers
from sandbox import packages
from sandbox.clone import ROOT, Clone
from sandbox.throw_away import ThrowAway, throw_away
from tests.engine import Declared
from tests.policies.program import program
from tests.policies.state import deployment
from tests.stories.world import copied, run

# Before the end of every waiver of today; within a deployment's grace of the longest; after it, and after a client
# certificate's year.
DAYS = (60, 200, 400)


@pytest.fixture(scope="module", autouse=True)
def _faketime() -> None:
    packages.ensure(Clone(), "faketime", "faketime", mend="install faketime")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowAway]:
    """Lend production in a clone whose waivers were decided today, for as long as can be, whatever day today is."""
    clone = copied(tmp_path_factory.mktemp("clone"))
    (clone.root / ".venv").symlink_to(ROOT / ".venv")
    with throw_away(clone, "production") as lent:
        yield lent


def later(days: int, argv: list[str], folder: Path, **variables: str) -> CompletedProcess[str]:
    """Run a process by a clock that is so many days ahead."""
    stays = {
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",  # bytecode is as old as its source says
        "PYTHONPATH": str(Path(__file__).parent / "moved"),
    }
    return run(["faketime", "-f", f"+{days}d", *argv], folder, **{**variables, **stays})


@pytest.mark.story
@pytest.mark.parametrize("name", ["production", "staging"])
@pytest.mark.parametrize("days", DAYS)
def test_a_stack_is_previewed_and_a_waiver_that_has_ended_refuses_no_return(
    stack: ThrowAway, days: int, name: str
) -> None:
    purpose = "change" if days < waivers.LONGEST_DAYS else "rollback"

    previewed = later(
        days, [sys.executable, "-m", "sandbox", "preview", name], stack.clone.root, POLICY_PURPOSE=purpose
    )

    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    assert " 0 failed, " in previewed.stdout
    ended = len(re.findall("!! advisory waivers-last: .* and holds for a rollback for ever", previewed.stdout))
    kept = len(yaml.safe_load((stack.clone.root / waivers.FILE).read_text()))
    assert ended == (0 if purpose == "change" else kept)
    due = "!! expiring within 60 days: waiver " if ended else "expiring within 60 days: nothing"
    assert any(line.startswith(due) for line in previewed.stdout.splitlines())


@pytest.mark.story
@pytest.mark.parametrize(
    ("purpose", "days", "refused"),
    # A change before the end, and a return after it, pass: they are previewed above.
    [("change", 200, True), ("deployment", 200, False), ("deployment", 400, True), ("rehearsal", 400, False)],
)
def test_an_ended_waiver_refuses_a_change_then_a_deployment_never_the_sandbox(
    stack: ThrowAway, production: Declared, tmp_path: Path, purpose: str, days: int, refused: bool
) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps(deployment(program(production).declarations)))
    analyze = ["pulumi", "policy", "analyze", "--policy-pack", "policies", "--json", "--file", str(state)]
    environment = {**stack.whole_environment(), "POLICY_PURPOSE": purpose}

    judged = later(days, [*analyze, "--non-interactive"], stack.clone.root, **environment)

    said = verdict.read(commands.events(judged.stdout))
    assert said.of("advisory") or said.of("waived"), "the pack was asked"
    assert (judged.returncode != 0) == refused
    assert {finding.rule for finding in said.of("mandatory")} == ({"waivers-hold"} if refused else set())
    # Loudly: not among what is waived, but as a warning of its own.
    assert ("waivers-last" in {finding.rule for finding in said.of("advisory")}) != refused


def dated() -> list[str]:
    """Return the unit tests that name a clock, a day or a certificate."""
    named = re.compile(r"\b(clock|datetime|x509|trustme)\b")
    unit = (file for file in (ROOT / "tests").rglob("test_*.py") if "mark.story" not in file.read_text())
    return sorted(str(file.relative_to(ROOT)) for file in unit if named.search(file.read_text()))


def unit_tests(days: int, *arguments: str) -> CompletedProcess[str]:
    plain = [sys.executable, "-m", "pytest", "-q", "-m", "not story and not prove", "-p", "no:cacheprovider"]
    return later(days, [*plain, *arguments], ROOT)


@pytest.mark.story
def test_the_unit_tests_that_are_about_days_pass_on_the_last_of_them() -> None:
    files = dated()
    assert "tests/policies/test_waivers.py" in files
    assert "tests/operations/secrets/test_commands.py" in files

    done = unit_tests(max(DAYS), "--numprocesses", "2", *files)

    assert done.returncode == 0, done.stdout[-8000:]


# Python's -I, with which a host runs it, leaves out what mends the sleep that libfaketime breaks.
_ISOLATED = "tests/operations/audit/test_collector.py::test_it_runs_by_itself_on_an_older_python_and_tells_all_facts"


@pytest.mark.prove
@pytest.mark.parametrize("days", DAYS)
def test_all_unit_tests_pass_on_each_of_them(days: int) -> None:
    done = unit_tests(days, "--numprocesses", "auto", "--maxprocesses", "4", "--deselect", _ISOLATED)

    assert done.returncode == 0, done.stdout[-8000:]
    print(f"+{days} days: {done.stdout.splitlines()[-1]}")  # noqa: T201  measured
