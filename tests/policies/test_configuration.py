"""What a stack's own configuration makes of the rules, as the engine would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi_policy import EnforcementLevel

from policies.configuration import configured, load, lowered
from policies.findings import judge
from policies.rule import ResourceRule
from policies.rules import RULES
from tests.engine import ROOT
from tests.policies.cases.cases import of
from tests.policies.program import Program
from tests.some import some

(PINNED,) = (rule for rule in RULES if rule.id == "images-pinned" and isinstance(rule, ResourceRule))
BY_TAG = Program([of("docker:index/container:Container", image="redis:8")])


def said(tmp_path: Path, configuration: object) -> dict[str, object]:
    file = tmp_path / "policy-config.json"
    file.write_text(json.dumps(configuration))
    found = load(file)
    rules = configured([PINNED], found)
    return {
        "levels": [rule.level for rule in rules],
        "findings": len(judge(rules, BY_TAG.stack())),
        "lowered": list(lowered([PINNED], found)),
    }


@pytest.mark.parametrize(
    ("configuration", "levels", "findings", "told"),
    [
        ({}, [EnforcementLevel.MANDATORY], 1, []),
        ({"images-pinned": {"digest": False}}, [EnforcementLevel.MANDATORY], 0, []),
        ({"images-pinned": "advisory"}, [EnforcementLevel.ADVISORY], 1, ["images-pinned is advisory"]),
        ({"images-pinned": {"enforcementLevel": "disabled"}}, [], 0, ["images-pinned is disabled"]),
        ({"all": "disabled"}, [], 0, ["images-pinned is disabled"]),
        ({"all": "disabled", "images-pinned": "mandatory"}, [EnforcementLevel.MANDATORY], 1, []),
    ],
)
def test_levels_and_limits_are_the_stacks_and_lower_ones_are_told(
    tmp_path: Path, configuration: object, levels: list[EnforcementLevel], findings: int, told: list[str]
) -> None:
    assert said(tmp_path, configuration) == {"levels": levels, "findings": findings, "lowered": told}


def test_a_stack_without_a_configuration_has_the_packs_own(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == {}


@pytest.mark.parametrize("file", sorted(ROOT.glob("policy-config.*.json")), ids=lambda file: file.name)
def test_ours_name_rules_and_limits_that_there_are_and_lower_nothing(file: Path) -> None:
    rules = {rule.id: rule for rule in RULES}
    found = load(file)

    assert set(found) <= set(rules)
    assert [name for rule, each in some(found.items()) for name in each if name not in rules[rule].limits] == []
    assert list(lowered(RULES, found)) == []
