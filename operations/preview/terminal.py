"""A plan as a reviewer reads it in ten seconds: what would be lost first, then what is refused, then what changes."""

from __future__ import annotations

import textwrap

from operations.preview.plan import OPERATIONS, Plan, Step
from operations.preview.verdict import LEVELS, Finding

_SIGNS = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}
_WIDTH = 118


def summary(plan: Plan) -> str:
    """Return the plan as text."""
    lines = [plan.line, *losses(plan), plan.verdict.line, *(f"!! configured: {each}" for each in plan.lowered)]
    lines += [plan.expiring] if plan.expiring else []
    lines += [told(finding) for level in LEVELS for finding in plan.verdict.of(level)]
    lines += [f"!! {line}" for error in plan.errors for line in error.splitlines() if line.strip()]
    return "\n".join([*lines, *changes(plan)])


def told(finding: Finding) -> str:
    """Return a finding in one line; what must not stay is marked."""
    mark, mend = ("  ", "") if finding.level == "waived" else ("!!", f" {finding.mend}")
    return f"{mark} {finding.level} {finding.rule}: {finding.resource}: {finding.text}{mend}".rstrip()


def losses(plan: Plan) -> list[str]:
    """Return a line for each thing that would be lost."""
    return [
        f"!! DATA LOSS, REFUSED: {step.name} would be {step.operation}d, and the platform be without {step.loses}"
        for step in plan.steps
        if step.loses
    ]


def changes(plan: Plan) -> list[str]:
    """Return what changes, by operation."""
    lines = []
    for operation, word in OPERATIONS.items():
        if steps := plan.of(operation):
            lines += ["", f"{_SIGNS[operation]} {word} {len(steps)}"]
            lines += _created(steps) if operation == "create" else _changed(steps)
    return lines


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
