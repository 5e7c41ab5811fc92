"""What CI may do and what it may not, read from the workflows as GitHub reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine import official
from tests.engine import ROOT
from tests.some import some

GITHUB = ROOT / ".github"
FILES = sorted([*GITHUB.glob("workflows/*.y*ml"), *GITHUB.glob("actions/*/action.y*ml")])
WORKFLOWS = [file for file in FILES if file.parent.name == "workflows"]
CI = GITHUB / "workflows" / "ci.yml"

# What a job may beside reading the repository: these alone may write, or speak for the repository.
MAY = {
    "comment": {"pull-requests": "write"},
    "findings": {"security-events": "write", "actions": "read"},
    "codecov": {"id-token": "write"},
}
# Where the head of a pull request is compared with this repository, the job is skipped for a fork's.
NOT_FOR_FORKS = "github.event.pull_request.head.repo.full_name == github.repository"


class Workflow(dict[str, Any]):
    """A workflow or an action of ours."""

    @classmethod
    def read(cls, file: Path) -> Workflow:
        # YAML 1.1 takes the key `on` for true.
        return cls({"on" if key is True else key: value for key, value in yaml.safe_load(file.read_text()).items()})

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        return dict(self.get("jobs", {}))

    def steps(self) -> Iterator[Mapping[str, Any]]:
        yield from self.get("runs", {}).get("steps", [])
        for job in self.jobs.values():
            yield from job.get("steps", [])


@pytest.fixture(params=FILES, ids=lambda file: str(file.relative_to(GITHUB)))
def file(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(params=WORKFLOWS, ids=lambda file: file.name)
def workflow(request: pytest.FixtureRequest) -> Workflow:
    return Workflow.read(request.param)


@pytest.fixture
def ci() -> Workflow:
    return Workflow.read(CI)


def test_every_action_is_pinned_by_its_commit_and_says_which_version_that_is(file: Path) -> None:
    used = re.findall(r"^\s*-?\s*uses:\s*(.+?)\s*$", file.read_text(), re.MULTILINE)
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

    assert len(used) == sum("uses" in step for step in Workflow.read(file).steps())
    assert [each for each in some(used) if not (pinned.fullmatch(each) or each.startswith("./"))] == []


def test_an_action_has_one_version_everywhere() -> None:
    used = {each for file in FILES for each in re.findall(r"uses:\s*([\w.-]+/[\w.-]+)\S*@(\S+)", file.read_text())}

    assert len(used) == len({name for name, _ in used})


def test_what_ci_runs_is_a_target_that_a_person_can_run() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for step in every_step() if "run" in step]

    assert [line for line in some(commands) if line.partition("make ")[2] not in targets] == []


def test_it_runs_for_what_is_pushed_to_and_proposed_for_the_two_branches(ci: Workflow) -> None:
    assert ci["on"] == {event: {"branches": ["main", "develop"]} for event in ("push", "pull_request")}


def test_no_workflow_runs_a_forks_code_with_the_repositorys_own_rights(workflow: Workflow) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow["on"])


def test_the_official_cli_is_that_of_the_sdk_and_the_official_plugins_are_there_before_the_platform_is(
    ci: Workflow,
) -> None:
    steps = ci.jobs["official-plugins"]["steps"]
    (cli,) = (step["with"] for step in steps if step.get("uses", "").startswith("pulumi/actions@"))
    stories = next(step["env"]["STORIES"] for step in steps if "STORIES" in step.get("env", {})).split()

    assert cli == {"pulumi-version": version("pulumi")}, "and no command, which would want an account"
    assert [step["run"] for step in steps if "run" in step] == ["make plugins", "make load", "make up", "make stories"]
    assert [file for file in some(stories) if not (ROOT / file).exists()] == []
    assert [step["env"]["OFFICIAL_PLUGINS"].split() for step in steps if "STORIES" in step.get("env", {})] == [
        list(official.NAMES)
    ]


def test_a_workflow_has_no_rights_and_a_job_those_that_it_is_known_to_need(workflow: Workflow) -> None:
    assert workflow["permissions"] == {}
    for name, job in some(workflow.jobs.items()):
        wanted = {"contents": "read"} | MAY.get(name, {})
        assert isinstance(job["permissions"], dict), name
        assert job["permissions"].items() <= wanted.items(), name


def test_a_job_that_may_write_is_not_for_forks_and_runs_nothing_of_the_pull_request(workflow: Workflow) -> None:
    for job in some(job for job in workflow.jobs.values() if "write" in job["permissions"].values()):
        assert NOT_FOR_FORKS in job["if"], job
        assert not any("run" in step or step["uses"].startswith("./") for step in some(job["steps"])), job


def test_a_job_of_a_forks_pull_request_sees_no_secret(workflow: Workflow) -> None:
    guarded = [name for name, job in workflow.jobs.items() if NOT_FOR_FORKS in job.get("if", "")]
    open_to_all = {name: yaml.dump(job) for name, job in workflow.jobs.items() if name not in guarded}

    assert "secrets" not in yaml.dump({key: value for key, value in workflow.items() if key != "jobs"})
    assert [name for name, job in some(open_to_all.items()) if re.search(r"\bsecrets\b|github\.token", job)] == []


def test_the_token_stays_out_of_the_checkout() -> None:
    checkouts = [step for step in every_step() if step.get("uses", "").startswith("actions/checkout@")]

    assert all(step["with"]["persist-credentials"] is False for step in some(checkouts))


def test_artefacts_are_kept_for_a_week() -> None:
    uploads = [step for step in every_step() if step.get("uses", "").startswith("actions/upload-artifact@")]

    assert all(step["with"]["retention-days"] == 7 for step in some(uploads))


def test_an_outdated_run_is_cancelled_and_no_job_hangs(workflow: Workflow) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert "github.ref" in workflow["concurrency"]["group"]
    assert all(0 < job["timeout-minutes"] <= 60 for job in some(workflow.jobs.values()))


def test_the_gate_waits_for_every_job_and_is_never_skipped_itself(ci: Workflow) -> None:
    gate = ci.jobs["gate"]
    (step,) = gate["steps"]
    skipped = {name.strip() for name in step["with"]["allowed-skips"].split(",")}

    assert set(gate["needs"]) == set(ci.jobs) - {"gate"}
    assert gate["if"] == "always()"
    assert step["with"]["jobs"] == "${{ toJSON(needs) }}"
    assert skipped == {name for name, job in ci.jobs.items() if "if" in job} - {"gate"}


def every_step() -> list[Mapping[str, Any]]:
    """Return the steps of all workflows and actions."""
    return [step for file in FILES for step in Workflow.read(file).steps()]
