"""Every committed stack file."""

from pathlib import Path

import pytest
import yaml

import settings
from sandbox import stack as sandbox_stack
from tests.engine import ROOT, stack_config

STACKS = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_is_complete_and_valid(stack: str, tmp_path: Path) -> None:
    secret = {f"{settings.PROJECT}:{name}" for name in settings.SECRETS}

    parsed, problems = settings.parse(stack_config(stack, tmp_path), secret)

    assert problems == []
    assert parsed is not None


def test_the_project_is_an_ordinary_one_that_the_official_cli_runs() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

    assert project["name"] == settings.PROJECT
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_the_sandbox_generates_every_secret_that_the_settings_want() -> None:
    assert sandbox_stack.PROJECT == settings.PROJECT
    assert {*sandbox_stack.SECRETS, "cloudflare_api_token"} == set(settings.SECRETS)
