"""What a preview would do, condensed from the engine's events to what a reviewer reads in ten seconds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SIGNS = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}
_WORDS = {"create": "create", "update": "change", "replace": "replace", "delete": "delete"}
STATEFUL = {
    "docker:index/volume:Volume": "the data in it",
    "aws:s3/bucket:Bucket": "the backups in it",
    "cloudflare:index/zone:Zone": "every name of the domain, mail included",
}
# Stacks, providers and components: they are nothing outside the state.
_BOOKKEEPING = ("pulumi:", "infra:")
_WIDTH = 118


@dataclass(frozen=True)
class Step:
    """One resource that would not stay as it is."""

    operation: str
    type: str
    name: str
    component: str
    properties: tuple[str, ...]
    """Paths of what differs."""

    @property
    def loses(self) -> str | None:
        """What the platform would be without, if anything."""
        return STATEFUL.get(self.type) if self.operation in ("replace", "delete") else None


@dataclass(frozen=True)
class Violation:
    """A rule that a resource breaks."""

    policy: str
    level: str
    message: str


@dataclass(frozen=True)
class Plan:
    """All that a preview found."""

    stack: str
    steps: tuple[Step, ...]
    unchanged: int
    violations: tuple[Violation, ...]
    rules: int
    judged: int
    errors: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether this must not be deployed."""
        mandatory = any(each.level == "mandatory" for each in self.violations)
        return mandatory or bool(self.errors) or any(step.loses for step in self.steps)


def read(events: Iterable[Mapping[str, Any]], stack: str) -> Plan:
    """Condense the events of `pulumi preview --json` in its streaming form."""
    steps, violations = [], []
    said: dict[str, list[str]] = {"error": [], "info#err": []}
    failed = False
    rules: set[str] = set()
    judged: set[str] = set()
    unchanged = 0
    for event in events:
        if step := event.get("resourcePreEvent"):
            metadata = step["metadata"]
            if metadata["type"].startswith(_BOOKKEEPING):
                continue
            if metadata["op"] in _SIGNS:
                steps.append(_step(metadata))
            unchanged += metadata["op"] == "same"
        elif found := event.get("policyEvent"):
            violations.append(Violation(found["policyName"], found["enforcementLevel"], _one_line(found["message"])))
        elif analyzed := event.get("policyAnalyzeSummaryEvent"):
            rules |= {*analyzed.get("passed", ()), *analyzed.get("failed", ())}
            judged.add(analyzed["resourceUrn"])
        elif (told := event.get("diagnosticEvent")) and told["severity"] in ("error", "info#err"):
            said[told["severity"]].append(told["message"].strip("\n"))
        elif ended := event.get("summaryEvent"):
            failed = ended["result"] == "failed"
    errors = [text for text in said["error"] if text != "error: preview failed"]
    if failed and not errors:
        # What the program itself printed, such as a mistake in its configuration; harmless if it went on.
        errors = said["info#err"]
    return Plan(stack, tuple(steps), unchanged, tuple(violations), len(rules), len(judged), tuple(errors))


def summary(plan: Plan) -> str:
    """Return the plan as text: what would be lost first, then what is refused, then what changes."""
    counts = {operation: [step for step in plan.steps if step.operation == operation] for operation in _SIGNS}
    told = ", ".join(f"{len(steps)} to {_WORDS[operation]}" for operation, steps in counts.items())
    lines = [f"stack {plan.stack}: {told}; {plan.unchanged} unchanged"]
    lines += [
        f"!! DATA LOSS, REFUSED: {step.name} would be {step.operation}d, and the platform be without {step.loses}"
        for step in plan.steps
        if step.loses
    ]
    broken = f"{len(plan.violations)} violations" if len(plan.violations) != 1 else "one violation"
    lines += [f"policies: {plan.rules} rules judged {plan.judged} resources: {broken}"]
    lines += [f"!! {each.level} {each.policy}: {each.message}" for each in plan.violations]
    lines += [f"!! {line}" for error in plan.errors for line in error.splitlines() if line.strip()]
    for operation, steps in counts.items():
        if steps:
            lines += ["", f"{_SIGNS[operation]} {_WORDS[operation]} {len(steps)}"]
            lines += _created(steps) if operation == "create" else _changed(steps)
    return "\n".join(lines)


def _created(steps: list[Step]) -> list[str]:
    """List new resources by their components: nothing stood there before that could differ."""
    by_component: dict[str, list[str]] = {}
    for step in steps:
        short = step.name.removeprefix(f"{step.component}-")
        by_component.setdefault(step.component, []).append(short)
    width = max(map(len, by_component)) + 4
    return [
        textwrap.fill(
            " ".join(names),
            _WIDTH,
            initial_indent=f"    {component}".ljust(width + 2),
            subsequent_indent=" " * (width + 2),
            break_on_hyphens=False,
        )
        for component, names in by_component.items()
    ]


def _changed(steps: list[Step]) -> list[str]:
    return [f"    {step.name}{': ' if step.properties else ''}{', '.join(step.properties)}" for step in steps]


def _step(metadata: Mapping[str, Any]) -> Step:
    types, _, name = metadata["urn"].split("::", 2)[2].rpartition("::")
    component = types.split(":")[1]
    properties = sorted(metadata.get("detailedDiff") or metadata.get("diffs") or ())
    return Step(metadata["op"], metadata["type"], name, component.replace("_", "-"), tuple(properties))


def _one_line(message: str) -> str:
    """Leave out the first line, which is the rule's own sentence, where what is wrong here follows."""
    first, _, rest = message.strip().partition("\n")
    return " ".join((rest or first).split())
