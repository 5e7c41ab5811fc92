"""What a deployment would change, from the engine's events of a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.preview import verdict
from operations.preview.verdict import Verdict
from policies.rules.stateful import STATEFUL

OPERATIONS = {"create": "create", "update": "change", "replace": "replace", "delete": "delete"}
"""Operations of the engine, and the verbs shown for them."""
# Stacks, providers and components exist in the state only.
_BOOKKEEPING = ("pulumi:", "infra:")


@dataclass(frozen=True)
class Step:
    """A resource that would change."""

    operation: str
    type: str
    name: str
    component: str
    properties: tuple[str, ...]
    """Paths of the properties that differ."""

    @property
    def loses(self) -> str | None:
        """The data that would be lost, if any."""
        return STATEFUL.get(self.type) if self.operation in ("replace", "delete") else None


@dataclass(frozen=True)
class Plan:
    """The result of a preview."""

    stack: str
    steps: tuple[Step, ...]
    unchanged: int
    verdict: Verdict
    errors: tuple[str, ...]
    lowered: tuple[str, ...] = ()
    """Rules whose level the stack's configuration of the pack lowers, each with that level."""
    expiring: str = ""
    """What expires soon, in one line."""

    @property
    def refused(self) -> bool:
        """Whether it must not be deployed."""
        return bool(self.verdict.of("mandatory") or self.errors) or any(step.loses for step in self.steps)

    @property
    def line(self) -> str:
        """What would change, in one line."""
        counts = ", ".join(f"{len(self.of(operation))} to {word}" for operation, word in OPERATIONS.items())
        return f"stack {self.stack}: {counts}; {self.unchanged} unchanged"

    def of(self, operation: str) -> list[Step]:
        """Return the steps of an operation."""
        return [step for step in self.steps if step.operation == operation]


def read(events: Iterable[Mapping[str, Any]], stack: str) -> Plan:
    """Parse the events of `pulumi preview --json` in its streaming form."""
    events = list(events)
    steps = []
    messages: dict[str, list[str]] = {"error": [], "info#err": []}
    failed = False
    unchanged = 0
    for event in events:
        if step := event.get("resourcePreEvent"):
            metadata = step["metadata"]
            if metadata["type"].startswith(_BOOKKEEPING):
                continue
            if metadata["op"] in OPERATIONS:
                steps.append(_step(metadata))
            unchanged += metadata["op"] == "same"
        elif (diagnostic := event.get("diagnosticEvent")) and diagnostic["severity"] in messages:
            messages[diagnostic["severity"]].append(diagnostic["message"].strip("\n"))
        elif summary := event.get("summaryEvent"):
            failed = summary["result"] == "failed"
    errors = [text for text in messages["error"] if text != "error: preview failed"]
    if failed and not errors:
        # The program's own standard error, such as a configuration mistake; harmless if the preview succeeded.
        errors = messages["info#err"]
    return Plan(stack, tuple(steps), unchanged, verdict.read(events), tuple(errors))


def _step(metadata: Mapping[str, Any]) -> Step:
    types, _, name = metadata["urn"].split("::", 2)[2].rpartition("::")
    component = types.split(":")[1]
    properties = sorted(metadata.get("detailedDiff") or metadata.get("diffs") or ())
    return Step(metadata["op"], metadata["type"], name, component.replace("_", "-"), tuple(properties))
