"""Judges a host: what runs by the rules for declared resources, the rest by checks; waivers hold for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pulumi_policy import EnforcementLevel

from operations.audit import host_checks
from operations.audit.translation import HOST, Declared, Running, translated
from operations.errors import OperationError
from operations.runner import short
from policies.configuration import Configuration, configured
from policies.docker import CONTAINER, SERVICE
from policies.findings import concerns, judge
from policies.host_rules import EVERY_RULE, LIVE_RULES
from policies.rule import ResourceRule, Rule, Stack, StackRule
from policies.waivers import Waiver, Waivers

DeclaredRules = list[ResourceRule | StackRule]
"""Rules that judge resources: those of a program, and what runs, translated into that form."""

# Not shown by a task's container; its service is judged instead.
OF_THE_SERVICE = frozenset({"container-restarted", "images-pinned"})
# All that still matters of a task that has ended.
AFTER_THE_END = frozenset({"environments-without-secrets"})
# Rules about what no host shows, and why.
NOT_ON_HOST: Mapping[str, str] = {
    "stateful-resources-protected": "an option of the engine, kept in the stack's state",
    "nginx-no-static-stapling": "what turns it on here is an included file, which follows the certificate",
}
# Nothing declares these, so there is no rule for them.
UNDECLARED = ("sshd's ways to log in", "the host's firewall", "fail2ban", "security updates of the host")


@dataclass(frozen=True)
class Finding:
    """Something on the host that breaks a rule."""

    rule: Rule
    resource: str
    """Its name in the program, or on the host where the program does not declare it; "host" for the host itself."""
    at: str
    """Where on the host it is."""
    text: str
    waiver: Waiver | None = None

    @property
    def fails(self) -> bool:
        """Whether it fails the audit."""
        return self.rule.level == EnforcementLevel.MANDATORY and self.waiver is None


@dataclass(frozen=True)
class Verdict:
    """The result of an audit."""

    stack: str
    rules: int
    judged: int
    """The number of containers and services."""
    findings: tuple[Finding, ...]
    faults: tuple[str, ...]
    """What is wrong with the waivers."""

    @property
    def failed(self) -> int:
        """How many findings and faults fail the audit."""
        return sum(finding.fails for finding in self.findings) + len(self.faults)


def judged(
    facts: Mapping[str, Any],
    state: Mapping[str, Declared],
    stack: str,
    waivers: Waivers,
    configuration: Configuration = MappingProxyType({}),
) -> Verdict:
    """Judge a host by its facts; raises OperationError when they cannot be parsed."""
    try:
        running = translated(facts, state, stack)
    except Exception as error:  # any error: its text may hold a secret
        problem = f"what the host tells of its containers cannot be read ({type(error).__name__})"
        raise OperationError(problem, "see that Docker on the host is of a version from 20.10 on") from None
    rules = configured(EVERY_RULE, configuration)
    applied = _applied(running, rules)
    every = [*_by_declared_rules(running, applied), *_by_checks(host_checks.Host(facts, running), rules)]
    distinct = {(finding.rule.id, finding.at, finding.text): finding for finding in every}.values()
    findings = tuple(
        replace(finding, waiver=waivers.of(finding.rule.id, finding.resource, short(stack))) for finding in distinct
    )
    ids = {rule.id for rule in applied} | {rule for rule, _ in host_checks.CHECKS}
    subjects = sum(subject.resource.type in (CONTAINER, SERVICE) for subject in running)
    return Verdict(stack, len(ids), subjects, findings, (*waivers.faults, *_unused(findings, waivers, short(stack))))


def _unused(findings: Sequence[Finding], waivers: Waivers, stack: str) -> Iterator[str]:
    """Yield a fault for each unused waiver of a rule that only the audit checks."""
    live_only = {rule.id for rule in LIVE_RULES}
    used = [finding.waiver for finding in findings]
    for waiver in waivers.holding:
        if waiver.rule in live_only and waiver not in used and waiver.holds_in(stack):
            yield waiver.idle


def _applied(running: Sequence[Running], rules: Iterable[Rule]) -> DeclaredRules:
    """Return the rules that concern something that runs."""
    return [
        rule
        for rule in rules
        if isinstance(rule, ResourceRule | StackRule)
        and rule.id not in NOT_ON_HOST
        and any(concerns(rule, subject.resource) for subject in running)
    ]


def _by_declared_rules(running: Sequence[Running], rules: DeclaredRules) -> Iterator[Finding]:
    """Yield what the rules find; a task's container is not reported for what its service is reported for."""
    ended = [subject for subject in running if subject.task and subject.ended]
    findings = list(_judged(rules, [subject for subject in running if not (subject.task and subject.ended)]))
    of_services = {(finding.rule.id, finding.resource) for _, finding in findings if finding.at.startswith("service ")}
    for subject, finding in findings:
        rule = finding.rule.id
        if not (subject.task and (rule in OF_THE_SERVICE or (rule, finding.resource) in of_services)):
            yield finding
    for _, finding in _judged([rule for rule in rules if rule.id in AFTER_THE_END], ended):
        yield finding


def _judged(rules: DeclaredRules, running: Sequence[Running]) -> Iterator[tuple[Running, Finding]]:
    subjects = {id(subject.resource): subject for subject in running}
    for finding in judge(rules, Stack([subject.resource for subject in running])):
        subject = subjects[id(finding.resource)]
        # Name the source of the inputs that only the translation makes (translation.py, inputs.py).
        text = finding.text
        text = text.removeprefix("create: ") if subject.at == HOST else text.replace("uploads[0].content", "nginx -T")
        yield subject, Finding(finding.rule, subject.resource.name, subject.at, text)


def _by_checks(host: host_checks.Host, rules: Sequence[Rule]) -> Iterator[Finding]:
    by_id = {rule.id: rule for rule in rules}
    for rule, check in host_checks.CHECKS:
        if rule in by_id:
            for fault in host_checks.faults(check, host):
                yield Finding(by_id[rule], fault.resource, fault.at, fault.text)
