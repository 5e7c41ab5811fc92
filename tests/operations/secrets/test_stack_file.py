"""Where the stack's file is, and what is read in it."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from operations.errors import OperationError
from operations.secrets import stack_file
from tests.engine import ROOT


def shown(**sections: Any) -> dict[str, dict[str, Any]]:
    """Return sections as `pulumi config --json` prints them."""
    return {
        f"neurmatic:{name}": {"value": json.dumps(value), "objectValue": value, "secret": False}
        for name, value in sections.items()
    }


def test_the_arguments_name_stack_and_file_and_hold_no_value() -> None:
    file = Path("/x/Pulumi.s.yaml")
    of = ["--stack", "s", "--config-file", "/x/Pulumi.s.yaml"]

    assert stack_file.show("s", file, values=False) == ["config", "--json", *of]
    assert stack_file.show("s", file, values=True) == ["config", "--json", "--show-secrets", *of]
    assert stack_file.set_secret("s", file, "jwt_secret") == ["config", "set", "--secret", "neurmatic:jwt_secret", *of]
    assert stack_file.set_day("s", file, "changed", "jwt_secret", date(2026, 11, 22)) == [
        *("config", "set", "--path", "neurmatic:secrets.changed.jwt_secret", "2026-11-22"),
        *of,
    ]


def test_what_a_stack_needs_follows_from_its_third_parties_and_origin_pulls_even_while_other_settings_are_missing() -> (
    None
):
    few = stack_file.contents({})
    more = stack_file.contents(shown(application={"third_party": ["slack"]}, edge={"origin_pulls": "required"}))

    assert len(few.needed) == 6
    assert set(more.needed) - set(few.needed) == {"slack_webhook_url", "origin_pull_authority", "origin_pull_client"}


def test_secrets_in_the_clear_are_told_apart_from_encrypted_ones() -> None:
    found = stack_file.contents(
        {
            "neurmatic:jwt_secret": {"value": "canary", "secret": True},
            "neurmatic:session_secret": {"value": "canary", "secret": False},
            "other:jwt_secret": {"value": "canary", "secret": False},
        }
    )

    assert found.values == {"jwt_secret": "canary"}
    assert found.in_the_clear == {"session_secret"}


def test_days_that_are_none_are_refused_with_their_path() -> None:
    with pytest.raises(OperationError, match=r"neurmatic:secrets\.changed\.jwt_secret: .*date"):
        stack_file.contents(shown(secrets={"max_age_days": 90, "changed": {"jwt_secret": "yesterday"}}))


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"application": {"third_party": 5}}, r"neurmatic:application\.third_party: .*tuple"),
        ({"application": {"third_party": None}}, r"neurmatic:application\.third_party: .*tuple"),
        ({"application": {"third_party": "sendgrid"}}, r"neurmatic:application\.third_party: .*tuple"),
        ({"application": {"third_party": [{}]}}, r"neurmatic:application\.third_party\[0\]: .*'sendgrid'"),
        ({"application": {"third_party": ["sendgrit"]}}, r"neurmatic:application\.third_party\[0\]: .*'sendgrid'"),
        ({"application": ["sendgrid"]}, r"neurmatic:application: .*dictionary"),
        ({"edge": {"origin_pulls": True}}, r"neurmatic:edge\.origin_pulls: .*'required'"),
        ({"edge": "required"}, r"neurmatic:edge: .*dictionary"),
        ({"secrets": ["max_age_days"]}, r"neurmatic:secrets: .*dictionary"),
    ],
)
def test_what_decides_about_secrets_is_refused_with_its_path_and_mend(sections: dict[str, Any], said: str) -> None:
    with pytest.raises(OperationError, match=rf"^{said}.*\n  mend: mend it in the stack's file"):
        stack_file.contents(shown(**sections))


def test_all_other_settings_may_still_be_wrong() -> None:
    found = stack_file.contents(shown(application={"environment": 5}, edge={"plan": "golden", "unknown": 1}))

    assert found.needed == stack_file.contents({}).needed


def test_the_file_is_where_pulumi_itself_looks_for_it(tmp_path: Path) -> None:
    chosen = tmp_path / "Pulumi.sandbox.yaml"
    chosen.write_text("config: {}\n")

    assert stack_file.find("sandbox", {}).path == ROOT / "Pulumi.sandbox.yaml"
    assert stack_file.find("organization/neurmatic/sandbox", {}).path == ROOT / "Pulumi.sandbox.yaml"
    assert stack_file.find("sandbox", {"PULUMI_OPTION_CONFIG_FILE": str(chosen)}).path == chosen


def test_a_stack_without_a_file_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(OperationError, match=r"Pulumi\.sandbax\.yaml\n  mend: did you mean sandbox\?"):
        stack_file.find("sandbax", {})


@pytest.mark.parametrize("locked", ["Pulumi.sandbox.yaml", "."])
def test_a_file_that_cannot_be_written_to_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: str
) -> None:
    (file := tmp_path / "Pulumi.sandbox.yaml").write_text("config: {}\n")
    # Root, as whom tests may run, may write to whatever its mode says.
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path / locked, os.W_OK))

    with pytest.raises(OperationError, match=rf"^{file} cannot be written\n  mend: chmod u\+w {file}, and its folder$"):
        stack_file.find("sandbox", {"PULUMI_OPTION_CONFIG_FILE": str(file)})


def test_the_file_of_another_stack_is_never_written_to(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="the file of stack production is called"):
        stack_file.find("production", {"PULUMI_OPTION_CONFIG_FILE": str(tmp_path / "Pulumi.sandbox.yaml")})
