"""Applies rules to resources; what a rule cannot judge is a finding too, and never passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi_policy.proxy import UnknownValueError

from policies.rule import Limits, Resource, ResourceRule, Rule, Stack, StackRule

UNKNOWN = "is not known before the deployment, so that nobody can judge it"


@dataclass(frozen=True)
class Finding:
    """A violation of a rule by a resource; `text` says where."""

    rule: Rule
    resource: Resource
    text: str

    def __str__(self) -> str:
        """Return what is wrong and how to mend it, for a person."""
        return f"{self.resource.name}: {self.text}. {self.rule.mend}"


def concerns(rule: ResourceRule | StackRule, resource: Resource) -> bool:
    """Return whether the rule judges the resource; True where that is unknown."""
    try:
        return rule.judges(resource.given)
    except Exception:  # a form that the rule does not expect: its check says so
        return True


def findings(
    rule: ResourceRule | StackRule, resource: Resource, stack: Stack | None = None, limits: Limits | None = None
) -> Iterator[Finding]:
    """Yield the findings of a rule about a resource that it judges, what it cannot judge included."""
    values = {name: limit.default for name, limit in rule.limits.items()} | dict(limits or {})
    try:
        # Whether the rule judges the resource may itself be unknown; then that alone is the finding.
        rule.judges(resource.given)
        if isinstance(rule, ResourceRule):
            texts = rule.check(resource.given, values)
        else:
            texts = rule.check(resource.given, (stack or Stack([resource])).given, values)
        for text in texts:
            yield Finding(rule, resource, text)
    except UnknownValueError as error:
        yield Finding(rule, resource, f"`{'.'.join(error.props)}` {UNKNOWN}")
    except Exception as error:  # whatever it is: the rule could not be applied, and its text may hold a secret
        yield Finding(rule, resource, f"has a form that this rule cannot read ({type(error).__name__})")


def judge(rules: Sequence[ResourceRule | StackRule], stack: Stack) -> list[Finding]:
    """Return the findings of all rules about a stack, at their default limits."""
    return [
        finding
        for rule in rules
        for resource in stack.resources
        if concerns(rule, resource)
        for finding in findings(rule, resource, stack)
    ]
