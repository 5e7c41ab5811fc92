"""What a preview would do, condensed from the engine's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.preview import verdict
from operations.preview.verdict import Verdict
from policies.rules.stateful import STATEFUL

OPERATIONS = {"create": "create", "update": "change", "replace": "replace", "delete": "delete"}
"""The engine's word, and the reader's."""
# Stacks, providers and components: they are nothing outside the state.
_BOOKKEEPING = ("pulumi:", "infra:")


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
class Plan:
    """All that a preview found."""

    stack: str
    steps: tuple[Step, ...]
    unchanged: int
    verdict: Verdict
    errors: tuple[str, ...]
    lowered: tuple[str, ...] = ()
    """Rules that the stack's configuration of the pack takes less seriously, and how."""
    expiring: str = ""
    """What ends soon, in one line."""

    @property
    def refused(self) -> bool:
        """Whether this must not be deployed."""
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
    """Condense the events of `pulumi preview --json` in its streaming form."""
    events = list(events)
    steps = []
    said: dict[str, list[str]] = {"error": [], "info#err": []}
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
        elif (told := event.get("diagnosticEvent")) and told["severity"] in said:
            said[told["severity"]].append(told["message"].strip("\n"))
        elif ended := event.get("summaryEvent"):
            failed = ended["result"] == "failed"
    errors = [text for text in said["error"] if text != "error: preview failed"]
    if failed and not errors:
        # What the program itself printed, such as a mistake in its configuration; harmless if it went on.
        errors = said["info#err"]
    return Plan(stack, tuple(steps), unchanged, verdict.read(events), tuple(errors))


def _step(metadata: Mapping[str, Any]) -> Step:
    types, _, name = metadata["urn"].split("::", 2)[2].rpartition("::")
    component = types.split(":")[1]
    properties = sorted(metadata.get("detailedDiff") or metadata.get("diffs") or ())
    return Step(metadata["op"], metadata["type"], name, component.replace("_", "-"), tuple(properties))
