"""Every committed stack file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import settings
from tests.engine import ROOT, stack_config
from tests.some import some

STACKS = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_is_valid_once_it_holds_what_only_its_owners_know(stack: str, tmp_path: Path) -> None:
    secret = {f"{settings.PROJECT}:{name}" for name in settings.SECRETS}

    parsed, problems = settings.parse(stack_config(stack, tmp_path), secret, stack)

    assert problems == []
    assert parsed is not None


@pytest.mark.parametrize("stack", STACKS)
def test_an_editor_marks_nothing_in_a_committed_file_and_what_is_no_setting_in_a_wrong_one(stack: str) -> None:
    file = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    assert marked(file) == []

    file["config"]["neurmatic:host"]["adress"] = "192.0.2.1"
    file["config"]["neurmatic:postgres_password"] = {"clear": "x"}
    file["config"]["neurmatic:databse"] = {}

    assert marked(file) == ["adress", "secure", "neurmatic:databse"]


def test_the_project_is_an_ordinary_one_that_the_official_cli_runs() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

    assert project["name"] == settings.PROJECT
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_staging_and_production_have_one_shape_and_nothing_of_the_sandbox() -> None:
    staging, production = (yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text()) for name in LIVE)

    for path in some({*_paths(staging), *_paths(production)} - ONLY_PRODUCTION):
        assert path in _paths(staging), path
        assert path in _paths(production), path
    assert _paths(production).keys() >= ONLY_PRODUCTION
    assert not {"endpoint", "api_url", "swarm_address"} & {path[-1] for path in _paths(production)}
    assert staging["config"]["neurmatic:domain"] != production["config"]["neurmatic:domain"]


def marked(file: object) -> list[str]:
    """Return the keys that an editor marks by the schema, because they are missing or not known."""
    whole = settings.schema()

    def judge(value: object, schema: dict[str, Any]) -> list[str]:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if not isinstance(value, dict) or "properties" not in schema:
            return []
        known = schema["properties"]
        foreign = value.keys() - known.keys() if schema.get("additionalProperties") is False else ()
        inside = [each for key in value if key in known for each in judge(value[key], known[key])]
        return [*inside, *sorted(set(schema.get("required", ())) - value.keys()), *sorted(foreign)]

    return judge(file, whole)


LIVE = ("staging", "production")
# The host of staging is rented when it is needed; reports of another domain need that domain's leave (RFC 7489, 7.1).
ONLY_PRODUCTION = {("config", "neurmatic:host", "address"), ("config", "neurmatic:mail", "dmarc_reports")}


def _paths(value: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if not isinstance(value, dict):
        return {path: value}
    return {found: leaf for key, each in value.items() for found, leaf in _paths(each, (*path, key)).items()}
