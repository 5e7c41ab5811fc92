"""The pack as the engine asks it: levels, limits, waivers, and what nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.frameworks import nist_800_53
from policies.pack import Pack
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type
from policies.rules import RULES
from policies.waivers import FILE, Waiver, Waivers, load
from tests.policies.cases import CASES
from tests.policies.cases.cases import CANARY
from tests.policies.program import Declaration

LATER = date(2027, 1, 31)
Said = list[tuple[str, int, str]]


def _longer(resource: Resource, limits: Limits) -> Iterator[str]:
    for index, word in enumerate(items(resource.inputs, "words")):
        if len(word) > limits["most"]:
            yield f"words[{index}]: is too long"


def _alone(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if not stack.companions(resource, "friend", "of", "name"):
        yield "has no friend"


_COMMON: dict[str, Any] = {
    "sentence": "What holds is told here.",
    "severity": Severity.HIGH,
    "framework": nist_800_53(reference="AC-1"),
    "url": "https://example.com/",
    "mend": "Mend it like this.",
}
SHORT = ResourceRule(
    id="words-short",
    judges=of_type("thing"),
    check=_longer,
    limits={"most": Limit(3, "the longest")},
    **_COMMON,
)
FRIENDS = StackRule(id="friends-there", judges=of_type("thing"), check=_alone, **_COMMON)


class Engine:
    """Asks a pack as the engine does: each resource, then all of them."""

    def __init__(
        self,
        *holding: Waiver,
        waivers: Waivers | None = None,
        rules: Sequence[ResourceRule | StackRule] = (SHORT, FRIENDS),
    ) -> None:
        pack = Pack(rules, waivers or Waivers(holding))
        self.servicer = _PolicyAnalyzerServicer("p", "1", pack.policies(), EnforcementLevel.ADVISORY)

    def configure(self, rule: str, level: EnforcementLevel, **limits: Any) -> None:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig[rule].enforcementLevel = self.servicer._map_enforcement_level(level)
        request.policyConfig[rule].properties.update(limits)
        self.servicer.Configure(request, None)  # type: ignore[no-untyped-call]  # the SDK's servicer is untyped

    def ask(self, *resources: tuple[str, str, dict[str, Any]], only_stack: dict[str, Any] | None = None) -> Said:
        """Return what is said of (type, name, inputs), as (rule, level, message)."""
        return self.judge(*(Declaration(*each[:2], each[2]) for each in resources), only_stack=only_stack)

    def judge(self, *declarations: Declaration, only_stack: dict[str, Any] | None = None) -> Said:
        said: Said = []
        whole = []
        for each in declarations:
            urn = f"urn:pulumi:stack::project::{each.type}::{each.name}" if not each.urn else each.urn
            options = analyzer_pb2.AnalyzerResourceOptions(protect=each.protect)
            # What a provider has checked is never empty.
            inputs = _struct(each.inputs or {"told": True})
            one = analyzer_pb2.AnalyzeRequest(
                type=each.type, name=each.name, urn=urn, properties=inputs, options=options
            )
            said += self._said(self.servicer.Analyze(one, None))  # type: ignore[no-untyped-call]
            whole.append(
                analyzer_pb2.AnalyzerResource(
                    type=each.type,
                    name=each.name,
                    urn=urn,
                    properties=inputs if only_stack is None else _struct(only_stack),
                    options=options,
                    propertyDependencies={
                        key: analyzer_pb2.AnalyzerPropertyDependencies(urns=sorted(urns))
                        for key, urns in each.refers.items()
                    },
                )
            )
        all_ = analyzer_pb2.AnalyzeStackRequest(resources=whole)
        return said + self._said(self.servicer.AnalyzeStack(all_, None))  # type: ignore[no-untyped-call]

    @staticmethod
    def _said(answer: Any) -> Said:
        return [(each.policyName, each.enforcementLevel, each.message) for each in answer.diagnostics]


def _struct(inputs: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(inputs)
    return struct


def waiver(rule: str = SHORT.id, resource: str = "a", **changed: Any) -> Waiver:
    return Waiver(
        **{
            "rule": rule,
            "resource": resource,
            "reason": "old",
            "owner": "me",
            "expires": LATER,
            "stack": None,
            **changed,
        }
    )


FRIEND = ("friend", "b", {"of": "a"})
GOOD = ("thing", "a", {"name": "a", "words": ["abc"]})
LONG = ("thing", "a", {"name": "a", "words": ["abc", "abcd"]})


def rules(said: Said) -> list[str]:
    return [rule for rule, _, _ in said]


def test_a_finding_names_the_resource_the_place_and_the_mend() -> None:
    ((rule, level, message),) = Engine().ask(LONG, FRIEND)

    assert (rule, level) == ("words-short", analyzer_pb2.MANDATORY)
    assert message == "What holds is told here.\na: words[1]: is too long. Mend it like this."
    assert Engine().ask(GOOD, FRIEND) == []


@pytest.mark.parametrize("words", [UNKNOWN, ["abc", UNKNOWN]])
def test_what_nobody_knows_yet_blocks_and_is_no_mere_advice(words: Any) -> None:
    ((rule, level, message),) = Engine().ask(("thing", "a", {"name": "a", "words": words}), FRIEND)

    assert (rule, level) == ("words-short", analyzer_pb2.MANDATORY)
    assert "`words" in message
    assert "is not known before the deployment" in message


def test_a_form_that_no_rule_expects_blocks_and_shows_nothing_of_it() -> None:
    ((_, level, message),) = Engine().ask(("thing", "a", {"name": "a", "words": CANARY}), FRIEND)

    assert level == analyzer_pb2.MANDATORY
    assert "has a form that this rule cannot read (TypeError)" in message
    assert CANARY not in message


def test_a_stack_rule_judges_what_the_program_gave_though_the_engine_shows_no_more_than_the_type() -> None:
    assert Engine().ask(GOOD, FRIEND, only_stack={}) == []
    assert rules(Engine().ask(GOOD, ("friend", "b", {"of": "c"}), only_stack={})) == ["friends-there"]


def test_an_update_of_targets_is_judged_as_far_as_the_engine_tells_and_says_so() -> None:
    rule = next(each for each in RULES if each.id == "volumes-named")
    engine = Engine(waiver("friends-there"), rules=[rule, FRIENDS])
    untold = analyzer_pb2.AnalyzeRequest(type="docker:index/volume:Volume", name="data", urn="urn:data")

    answer = engine.servicer.Analyze(untold, None)  # type: ignore[no-untyped-call]

    assert list(answer.diagnostics) == []
    assert [each.policy_name for each in answer.not_applicable] == ["volumes-named"]
    ((rule_id, level, message),) = engine.ask(GOOD)
    assert (rule_id, level) == ("judged-in-part", analyzer_pb2.ADVISORY)
    assert "1 of 1 resources are no targets. Preview without --target before" in message


def test_a_stack_rule_that_nothing_concerns_is_told_as_not_applicable() -> None:
    friend = analyzer_pb2.AnalyzerResource(type="friend", name="b", urn="urn:pulumi:stack::project::friend::b")

    whole = analyzer_pb2.AnalyzeStackRequest(resources=[friend])
    answer = Engine().servicer.AnalyzeStack(whole, None)  # type: ignore[no-untyped-call]

    assert list(answer.diagnostics) == []
    assert [each.policy_name for each in answer.not_applicable] == ["friends-there"]


def test_a_companion_is_one_by_its_own_text_too_and_by_nothing_unknown() -> None:
    assert rules(Engine().ask(GOOD, ("friend", "b", {"of": UNKNOWN}))) == ["friends-there"]


def test_a_stack_may_set_limits_and_levels() -> None:
    engine = Engine()
    engine.configure(SHORT.id, EnforcementLevel.ADVISORY, most=1)

    ((rule, level, message),) = engine.ask(GOOD, FRIEND)

    assert (rule, level) == ("words-short", analyzer_pb2.ADVISORY)
    assert "words[0]" in message


def test_a_waived_finding_is_told_as_advice_with_its_reason() -> None:
    ((rule, level, message),) = Engine(waiver()).ask(LONG, FRIEND)

    assert (rule, level) == ("waived", analyzer_pb2.ADVISORY)
    assert "words-short: a: words[1]: is too long. Waived until 2027-01-31 by me: old" in message


def test_a_waiver_covers_stack_rules_too() -> None:
    assert rules(Engine(waiver("friends-there")).ask(GOOD)) == ["waived"]


@pytest.mark.parametrize("other", [{"resource": "b"}, {"rule": "friends-there"}, {"stack": "elsewhere"}])
def test_a_waiver_covers_its_own_rule_resource_and_stack_alone(other: dict[str, Any]) -> None:
    assert "words-short" in rules(Engine(waiver(**other)).ask(LONG, FRIEND))


def test_a_waiver_that_waives_nothing_fails_in_the_stacks_it_is_for() -> None:
    ((rule, level, message),) = Engine(waiver()).ask(GOOD, FRIEND)

    assert (rule, level) == ("waivers-hold", analyzer_pb2.MANDATORY)
    assert "words-short for a waives nothing" in message
    assert Engine(waiver(stack="elsewhere")).ask(GOOD, FRIEND) == []
    assert rules(Engine(waiver(stack="stack")).ask(GOOD, FRIEND)) == ["waivers-hold"]


def test_a_waiver_that_ends_soon_is_told_as_advice_in_the_stacks_it_is_for() -> None:
    def said(stack: str | None) -> Said:
        soon = waiver(stack=stack)
        return Engine(waivers=Waivers((soon,), warnings={soon: "a waiver ends in 12 days"})).ask(LONG, FRIEND)

    for stack in (None, "stack"):
        _, (rule, level, message) = said(stack)
        assert (rule, level) == ("waivers-last", analyzer_pb2.ADVISORY)
        assert "a waiver ends in 12 days. Mend what it waives, or decide anew: policy-waivers.yaml." in message
    assert "waivers-last" not in rules(said("elsewhere"))


def test_what_is_wrong_in_the_file_fails() -> None:
    engine = Engine(waivers=Waivers(faults=("policy-waivers.yaml[0].expires: ended",)))

    assert rules(engine.ask(GOOD, FRIEND)) == ["waivers-hold"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_blocks_can_be_waived_and_blocks_again_when_the_waiver_ended(
    rule: ResourceRule | StackRule, tmp_path: Path
) -> None:
    case = next(iter(CASES[rule.id].bad.values()))
    level = {EnforcementLevel.MANDATORY: analyzer_pb2.MANDATORY, EnforcementLevel.ADVISORY: analyzer_pb2.ADVISORY}
    broken = (rule.id, level[rule.level])
    common = {"rule": rule.id, "reason": "old", "owner": "me", "expires": LATER}
    file = tmp_path / FILE
    file.write_text(yaml.safe_dump([{**common, "resource": name} for name in {each.name for each in case}]))

    def told(today: date) -> set[tuple[str, int]]:
        engine = Engine(waivers=load(file, [rule.id], today), rules=[rule])
        return {(said, how) for said, how, _ in engine.judge(*case)}

    waived, ended = told(LATER), told(LATER + timedelta(days=1))

    assert broken not in waived
    assert ("waived", analyzer_pb2.ADVISORY) in waived
    assert ended == {broken, ("waivers-hold", analyzer_pb2.MANDATORY)}
