"""Judges a host: what runs by the rules of what is declared, and the rest by the live checks; waivers hold for both."""

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
"""Those that judge what a program declares, and what is translated into that form."""

# What the container of a task does not show: its service answers for it, and is judged.
OF_THE_SERVICE = frozenset({"container-restarted", "images-pinned"})
# Of a task that has ended and that Swarm will not start again, this alone is still there to be read.
AFTER_THE_END = frozenset({"environments-without-secrets"})
# What no host shows, and why.
NOT_ON_HOST: Mapping[str, str] = {
    "stateful-resources-protected": "an option of the engine, kept in the stack's state",
    "nginx-no-static-stapling": "what turns it on here is an included file, which follows the certificate",
}
# Nothing declares these today, so that there is no rule to judge them by.
UNDECLARED = ("sshd's ways to log in", "the host's firewall", "fail2ban", "security updates of the host")


@dataclass(frozen=True)
class Found:
    """One thing that is wrong."""

    rule: Rule
    resource: str
    """The name in the program; the container's, where the program does not declare it; "host" for the host."""
    at: str
    """Where on the host it is."""
    text: str
    waiver: Waiver | None = None

    @property
    def fails(self) -> bool:
        """Whether it must not stay so."""
        return self.rule.level == EnforcementLevel.MANDATORY and self.waiver is None


@dataclass(frozen=True)
class Verdict:
    """All that an audit found."""

    stack: str
    rules: int
    judged: int
    """Containers and services."""
    found: tuple[Found, ...]
    faults: tuple[str, ...]
    """What is wrong with the waivers."""

    @property
    def failed(self) -> int:
        """How much must not stay so."""
        return sum(each.fails for each in self.found) + len(self.faults)


def judged(
    facts: Mapping[str, Any],
    state: Mapping[str, Declared],
    stack: str,
    waivers: Waivers,
    configuration: Configuration = MappingProxyType({}),
) -> Verdict:
    """Judge a host by what it told; raises OperationError when that has another form than Docker gives it."""
    try:
        running = translated(facts, state, stack)
    except Exception as error:  # whatever it is: its text may hold what was read
        problem = f"what the host tells of its containers cannot be read ({type(error).__name__})"
        raise OperationError(problem, "see that Docker on the host is of a version from 20.10 on") from None
    rules = configured(EVERY_RULE, configuration)
    applied = _applied(running, rules)
    every = [*_declared(running, applied), *_live(host_checks.Host(facts, running), rules)]
    # Said once, even where it holds for two.
    found = {(each.rule.id, each.at, each.text): each for each in every}.values()
    asked = {rule.id for rule in applied} | {rule for rule, _ in host_checks.CHECKS}
    subjects = sum(each.resource.type in (CONTAINER, SERVICE) for each in running)
    told = tuple(_waived(found, waivers, short(stack)))
    return Verdict(stack, len(asked), subjects, told, (*waivers.faults, *_unused(told, waivers, short(stack))))


def _unused(found: Sequence[Found], waivers: Waivers, stack: str) -> Iterator[str]:
    """Yield what is said of waivers of the rules that nothing but a host can break: the pack does not see them used."""
    live_only = {rule.id for rule in LIVE_RULES}
    used = [each.waiver for each in found]
    for waiver in waivers.holding:
        if waiver.rule in live_only and waiver not in used and waiver.holds_in(stack):
            yield waiver.idle


def _applied(running: Sequence[Running], rules: Iterable[Rule]) -> DeclaredRules:
    """Return the rules that are about something that runs."""
    return [
        rule
        for rule in rules
        if isinstance(rule, ResourceRule | StackRule)
        and rule.id not in NOT_ON_HOST
        and any(concerns(rule, each.resource) for each in running)
    ]


def _declared(running: Sequence[Running], rules: DeclaredRules) -> Iterator[Found]:
    here = [each for each in running if not (each.task and each.ended)]
    found = list(_by_rules(rules, here))
    of_services = {(each.rule.id, each.resource) for _, each in found if each.at.startswith("service ")}
    for source, each in found:
        if not (source.task and (each.rule.id in OF_THE_SERVICE or (each.rule.id, each.resource) in of_services)):
            yield each
    ended = [each for each in running if each.task and each.ended]
    for _, each in _by_rules([rule for rule in rules if rule.id in AFTER_THE_END], ended):
        yield each


def _by_rules(rules: Sequence[ResourceRule | StackRule], running: Sequence[Running]) -> Iterator[tuple[Running, Found]]:
    sources = {id(each.resource): each for each in running}
    for finding in judge(rules, Stack([each.resource for each in running])):
        source = sources[id(finding.resource)]
        yield source, Found(finding.rule, source.resource.name, source.at, _as_on_host(source, finding.text))


def _as_on_host(source: Running, text: str) -> str:
    """Return what is wrong without the inputs that the translation alone has (translation.py, inputs.py)."""
    if source.at == HOST:
        return text.removeprefix("create: ")
    return text.replace("uploads[0].content", "nginx -T")


def _live(host: host_checks.Host, rules: Sequence[Rule]) -> Iterator[Found]:
    by_id = {rule.id: rule for rule in rules}
    for rule, check in host_checks.CHECKS:
        if rule in by_id:
            for fault in host_checks.faults(check, host):
                yield Found(by_id[rule], fault.resource, fault.at, fault.text)


def _waived(found: Iterable[Found], waivers: Waivers, stack: str) -> Iterator[Found]:
    for each in found:
        yield replace(each, waiver=waivers.of(each.rule.id, each.resource, stack))
