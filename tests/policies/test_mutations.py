"""One change of what production declares for each rule, which breaks that rule and no other."""

from __future__ import annotations

import pytest
import yaml

from policies import waivers
from policies.findings import concerns, judge
from policies.rule import ResourceRule, StackRule
from policies.rules import RULES
from tests.engine import ROOT, Declared
from tests.policies.cases import CASES
from tests.policies.program import Program, program

ALONE = [rule for rule in RULES if isinstance(rule, ResourceRule)]
TOGETHER = [rule for rule in RULES if isinstance(rule, StackRule)]
_FILE = ROOT / waivers.FILE
# As the pack reads them on a day when all of them hold, whatever day it is.
WAIVERS = waivers.load(
    _FILE, [rule.id for rule in RULES], min(record["expires"] for record in yaml.safe_load(_FILE.read_text()))
)


def broken(judged: Program, stack: str = "production", *, passed: Program | None = None) -> set[str]:
    """Return the rules that a stack breaks, waived findings left out.

    What stands so in a program that has passed is not asked again of the rules that look at one resource alone.
    """
    known = passed.declarations if passed else ()
    new = Program([each for each in judged.declarations if each not in known])
    findings = [*judge(ALONE, new.stack()), *judge(TOGETHER, judged.stack())]
    return {finding.rule.id for finding in findings if not WAIVERS.of(finding.rule.id, finding.resource.name, stack)}


@pytest.fixture(scope="module")
def declared(production: Declared) -> Program:
    return program(production)


@pytest.mark.parametrize(
    ("fixture", "stack"),
    [("production", "production"), ("staging", "staging"), ("platform", "sandbox"), ("previewed", "sandbox")],
)
def test_no_stack_breaks_a_rule_known_or_unknown(fixture: str, stack: str, request: pytest.FixtureRequest) -> None:
    assert broken(program(request.getfixturevalue(fixture)), stack) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_judges_something_that_we_declare(rule: ResourceRule | StackRule, declared: Program) -> None:
    assert any(concerns(rule, resource) for resource in declared.stack().resources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_one_mistake_breaks_one_rule(rule: ResourceRule | StackRule, declared: Program) -> None:
    changed = declared.copy()

    CASES[rule.id].breaks(changed)

    assert broken(changed, passed=declared) == {rule.id}
