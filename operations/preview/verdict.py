"""What the policies said about a stack, read from the engine's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.pack import ABOUT_WAIVERS, IN_PART, WAIVED
from policies.rule import Rule
from policies.rules import RULES

KNOWN: dict[str, Rule] = {rule.id: rule for rule in (*RULES, IN_PART, WAIVED, *ABOUT_WAIVERS)}

LEVELS = ("mandatory", "advisory", "waived")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """That a resource breaks a rule."""

    rule: str
    level: str
    """One of LEVELS."""
    urn: str
    text: str
    """Where and what is wrong; of a waived one, also until when, by whom and why."""
    mend: str

    @property
    def resource(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Verdict:
    """All that the policies found."""

    rules: frozenset[str]
    """Rules that judged something."""
    resources: frozenset[str]
    """URNs of the resources that a rule judged."""
    findings: tuple[Finding, ...]

    def of(self, level: str) -> list[Finding]:
        """Return the findings of a level."""
        return [finding for finding in self.findings if finding.level == level]

    @property
    def line(self) -> str:
        """The whole in one line."""
        return f"policies: {len(self.rules)} rules judged {len(self.resources)} resources: {self.counts}"

    @property
    def counts(self) -> str:
        """How many findings there are."""
        failed, advised, waived = (len(self.of(level)) for level in LEVELS)
        return f"{failed} failed, {advised} advised, {waived} waived"


def read(events: Iterable[Mapping[str, Any]]) -> Verdict:
    """Condense the events of `pulumi preview --json` in its streaming form, or of `pulumi policy analyze --json`."""
    rules: set[str] = set()
    resources: set[str] = set()
    findings = []
    for event in events:
        if found := event.get("policyEvent"):
            findings.append(_finding(found))
            # A rule on the whole stack names its resources here alone.
            resources.add(found.get("resourceUrn", ""))
        elif analyzed := event.get("policyAnalyzeSummaryEvent"):
            asked = {*analyzed.get("passed", ()), *analyzed.get("failed", ())}
            rules |= asked
            if asked:
                resources.add(analyzed["resourceUrn"])
        elif analyzed := event.get("policyAnalyzeStackSummaryEvent"):
            rules |= {*analyzed.get("passed", ()), *analyzed.get("failed", ())}
    return Verdict(frozenset(rules - {IN_PART.id, WAIVED.id}), frozenset(resources - {""}), tuple(findings))


def _finding(event: Mapping[str, Any]) -> Finding:
    urn = event.get("resourceUrn", "")
    rule, level = event["policyName"], event["enforcementLevel"]
    text = _one_line(event["message"])
    if rule == WAIVED.id:
        rule, _, text = text.partition(": ")
        level = "waived"
    known = KNOWN.get(rule)
    mend = known.mend if known else ""
    text = text.removeprefix(f"{urn.rpartition('::')[2]}: ").removesuffix(mend).strip()
    return Finding(rule, level, urn, text, mend)


def _one_line(message: str) -> str:
    """Leave out the first line, which is the rule's own sentence, where what is wrong here follows."""
    first, _, rest = message.strip().partition("\n")
    return " ".join((rest or first).split())
