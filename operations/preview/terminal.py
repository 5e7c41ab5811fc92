"""A plan for the terminal: losses of data first, then findings, then changes."""

from __future__ import annotations

import textwrap

from operations.preview.plan import OPERATIONS, Plan, Step
from operations.preview.verdict import LEVELS, Finding

_SIGNS = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}
_WIDTH = 118


def summary(plan: Plan) -> str:
    """Return the plan as text."""
    lines = [plan.line, *losses(plan), plan.verdict.line, *(f"!! configured: {rule}" for rule in plan.lowered)]
    lines += [plan.expiring] if plan.expiring else []
    lines += [finding_line(finding) for level in LEVELS for finding in plan.verdict.of(level)]
    lines += [f"!! {line}" for error in plan.errors for line in error.splitlines() if line.strip()]
    return "\n".join([*lines, *changes(plan)])


def finding_line(finding: Finding) -> str:
    """Return a finding in one line, marked unless it is waived."""
    mark, mend = ("  ", "") if finding.level == "waived" else ("!!", f" {finding.mend}")
    return f"{mark} {finding.level} {finding.rule}: {finding.resource}: {finding.text}{mend}".rstrip()


def losses(plan: Plan) -> list[str]:
    """Return a line for each resource whose data would be lost."""
    return [
        f"!! DATA LOSS, REFUSED: {step.name} would be {step.operation}d, and the platform be without {step.loses}"
        for step in plan.steps
        if step.loses
    ]


def changes(plan: Plan) -> list[str]:
    """Return the lines of the changes, by operation."""
    lines = []
    for operation, word in OPERATIONS.items():
        if steps := plan.of(operation):
            lines += ["", f"{_SIGNS[operation]} {word} {len(steps)}"]
            lines += _created(steps) if operation == "create" else _changed(steps)
    return lines


def _created(steps: list[Step]) -> list[str]:
    """Return the names of new resources by component; they have no differences to show."""
    by_component: dict[str, list[str]] = {}
    for step in steps:
        by_component.setdefault(step.component, []).append(step.name.removeprefix(f"{step.component}-"))
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
