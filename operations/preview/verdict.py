"""The policies' verdict on a stack, from the engine's events."""

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
    """A resource that breaks a rule."""

    rule: str
    level: str
    """One of LEVELS."""
    urn: str
    text: str
    """Where and what is wrong; of a waived finding, also until when, by whom and why."""
    mend: str

    @property
    def resource(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Verdict:
    """What the policies judged and found."""

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
        """The verdict in one line."""
        return f"policies: {len(self.rules)} rules judged {len(self.resources)} resources: {self.counts}"

    @property
    def counts(self) -> str:
        """The number of findings at each level."""
        failed, advised, waived = (len(self.of(level)) for level in LEVELS)
        return f"{failed} failed, {advised} advised, {waived} waived"


def read(events: Iterable[Mapping[str, Any]]) -> Verdict:
    """Parse the events of `pulumi preview --json` in its streaming form, or of `pulumi policy analyze --json`."""
    rules: set[str] = set()
    resources: set[str] = set()
    findings = []
    for event in events:
        if violation := event.get("policyEvent"):
            findings.append(_finding(violation))
            # The resources of a stack-wide rule are named only here.
            resources.add(violation.get("resourceUrn", ""))
        elif summary := event.get("policyAnalyzeSummaryEvent") or event.get("policyAnalyzeStackSummaryEvent"):
            applied = {*summary.get("passed", ()), *summary.get("failed", ())}
            rules |= applied
            if applied:
                resources.add(summary.get("resourceUrn", ""))  # a stack's summary has none
    return Verdict(frozenset(rules - {IN_PART.id, WAIVED.id}), frozenset(resources - {""}), tuple(findings))


def _finding(event: Mapping[str, Any]) -> Finding:
    urn = event.get("resourceUrn", "")
    rule, level = event["policyName"], event["enforcementLevel"]
    # The first line is the rule's own sentence, if others follow.
    first, _, rest = event["message"].strip().partition("\n")
    text = " ".join((rest or first).split())
    if rule == WAIVED.id:
        rule, _, text = text.partition(": ")
        level = "waived"
    mend = KNOWN[rule].mend if rule in KNOWN else ""
    text = text.removeprefix(f"{urn.rpartition('::')[2]}: ").removesuffix(mend).strip()
    return Finding(rule, level, urn, text, mend)
