"""What a person reads of the rules."""

from __future__ import annotations

import json

import pytest

from operations.cli import main
from policies.host_rules import EVERY_RULE
from tests.some import some


def test_every_rule_is_listed_with_its_mend_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0

    text = " ".join(capsys.readouterr().out.split())
    for rule in EVERY_RULE:
        assert f"{rule.id} ({rule.level.value}, {rule.severity.value})" in text
        assert rule.url in text
        assert " ".join(rule.mend.split()) in text
    assert f"{len(EVERY_RULE)} rules, " in text


def test_for_machines_every_rule_is_an_object_of_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--json"]) == 0

    listed = json.loads(capsys.readouterr().out)
    assert [rule["id"] for rule in listed] == [rule.id for rule in EVERY_RULE]
    assert all(rule["mend"] and rule["url"] for rule in some(listed))


def test_words_choose_rules_and_none_found_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "protected", "VOLUMES"]) == 0
    assert "stateful-resources-protected" in capsys.readouterr().out
    assert main(["rules", "nothing-like-this"]) == 1
    assert "0 rules" in capsys.readouterr().out
