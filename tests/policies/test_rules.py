"""Every rule, by its cases: what it lets through, each way around it, what nobody knows yet, and no secret told."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_VALUE

from policies.findings import UNKNOWN, Finding, concerns, judge
from policies.rule import ResourceRule, Rule, StackRule
from policies.rules import RULES
from policies.shell import COMMANDS
from tests.policies.cases import CASES
from tests.policies.cases.cases import BYPASSES, CANARY
from tests.policies.cases.cases import Declared as Case
from tests.policies.program import Program
from tests.some import some

BY_ID = {rule.id: rule for rule in RULES}
OF_SCRIPTS = [
    rule for rule in RULES if any(each.type in COMMANDS for case in CASES[rule.id].bad.values() for each in case)
]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def judged(rule: ResourceRule | StackRule, case: Case) -> list[Finding]:
    stack = Program(case).stack()
    assert any(concerns(rule, resource) for resource in stack.resources), "the rule judges nothing of this case"
    return judge([rule], stack)


@every_rule
def test_what_is_good_is_let_through(rule: ResourceRule | StackRule) -> None:
    refused = {name: str(finding) for name, case in CASES[rule.id].good.items() for finding in judged(rule, case)}

    assert refused == {}


@every_rule
def test_every_way_around_a_rule_is_refused(rule: ResourceRule | StackRule) -> None:
    found = {name: [finding.text for finding in judged(rule, case)] for name, case in CASES[rule.id].bad.items()}

    assert [name for name, texts in some(found.items()) if not texts] == []
    unreadable = [name for name, texts in found.items() if any("has a form that" in text for text in texts)]
    assert unreadable == [], "it is judged, not merely unreadable"


# What is no input, such as an option of a resource, is always known.
@pytest.mark.parametrize("rule", [rule for rule in RULES if CASES[rule.id].unknown], ids=lambda rule: rule.id)
def test_what_nobody_knows_yet_is_refused_by_its_path(rule: ResourceRule | StackRule) -> None:
    found = {name: [finding.text for finding in judged(rule, case)] for name, case in CASES[rule.id].unknown.items()}

    assert [name for name, texts in some(found.items()) if UNKNOWN not in " ".join(texts)] == []
    assert "``" not in str(found), "the path is told"


@every_rule
def test_a_secret_in_the_inputs_is_never_told(rule: ResourceRule | StackRule) -> None:
    case = CASES[rule.id].canary
    found = judged(rule, case)

    assert CANARY in repr([each.inputs for each in case])
    assert found
    assert CANARY not in "".join(map(str, found))


def on_standard_input(case: Case) -> Case:
    """Return a case whose commands run their scripts as our own do: from the standard input of a shell."""
    return [replace(each, inputs=_piped(each.inputs)) if each.type in COMMANDS else each for each in case]


def _piped(inputs: dict[str, Any]) -> dict[str, Any]:
    script, stdin = inputs.get("create", ""), inputs.get("stdin", "")
    if UNKNOWN_VALUE in (script, stdin) or "update" in inputs:
        return inputs
    text = f'INPUT={shlex.quote(stdin)}\nscript() {{\n{script}\n}}\nsaid=$(printf %s "$INPUT" | script)\n'
    # The name of the file is all that such a command line tells of what it does.
    return {**inputs, "create": f"sh -s {'nginx' if 'nginx' in script else 'it'}.sh", "stdin": text}


@pytest.mark.parametrize("rule", OF_SCRIPTS, ids=lambda rule: rule.id)
def test_a_script_on_the_standard_input_of_a_shell_is_judged_as_one_in_the_command_line(
    rule: ResourceRule | StackRule,
) -> None:
    for name, case in some((CASES[rule.id].good | CASES[rule.id].bad).items()):
        there, here = (judge([rule], Program(form).stack()) for form in (on_standard_input(case), case))

        assert len(there) == len(here), name


@every_rule
def test_a_rule_has_all_that_its_reader_needs(rule: Rule) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    for sentence in (rule.sentence, rule.mend):
        assert sentence[0].isupper() or not sentence[0].isalpha()
        assert sentence.endswith(".")
        assert len(sentence.split()) >= 4, sentence
    assert rule.url.startswith("https://")
    assert rule.framework.name
    assert rule.framework.reference


@every_rule
def test_a_rule_has_every_kind_of_case(rule: ResourceRule | StackRule) -> None:
    found = CASES[rule.id]

    assert found.good
    assert found.bad
    assert (found.bad.keys() & BYPASSES) | found.cannot == BYPASSES
    assert not found.bad.keys() & found.cannot
    assert found.unknown or rule.id in {"stateful-resources-protected"}, "an option of the engine is always known"


def test_there_are_cases_of_rules_only_and_no_id_twice() -> None:
    assert set(CASES) == set(BY_ID)
    assert len(BY_ID) == len(RULES)
