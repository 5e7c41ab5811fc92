"""Waivers: findings that somebody accepts for a while, with who, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

FILE = "policy-waivers.yaml"
# Half a year: long enough for a project, too short to forget who decided (security.md: 180 days).
LONGEST_DAYS = 180
# A month: time for the owner to decide before anything is refused (docs/decisions/0009).
WARNING_DAYS = 30
PURPOSE = "POLICY_PURPOSE"
"""The environment variable with the purpose of a run: one of GRACE_DAYS."""
CHANGE = "change"
GRACE_DAYS: Mapping[str, int | None] = {CHANGE: 0, "deployment": 30, "rollback": None, "rehearsal": None}
"""For how many days after its end a waiver still holds, None: for ever. A change is the strictest."""
_TEXTS = ("rule", "resource", "reason", "owner")
_OPTIONAL = ("stack",)


@dataclass(frozen=True)
class Waiver:
    """One decision; `stack` is None where it holds for every stack that has the resource."""

    rule: str
    resource: str
    reason: str
    owner: str
    expires: date
    stack: str | None = None

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.rule} for {self.resource}"

    @property
    def idle(self) -> str:
        """The text that reports a waiver that waives nothing."""
        return f"{self} waives nothing, because nothing is wrong there; take it away"

    def holds_in(self, stack: str) -> bool:
        """Return whether it is for this stack."""
        return self.stack in (None, stack)

    def covers(self, rule: str, resource: str, stack: str) -> bool:
        """Return whether it is about this rule and resource of this stack."""
        return (self.rule, self.resource) == (rule, resource) and self.holds_in(stack)


@dataclass(frozen=True)
class Waivers:
    """The waivers of the file that hold, and the faults of the others."""

    holding: tuple[Waiver, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: Mapping[Waiver, str] = field(default_factory=dict)
    """The texts about those that hold and end soon, or have ended."""

    def of(self, rule: str, resource: str, stack: str) -> Waiver | None:
        """Return the waiver of this rule and resource of this stack, if there is one."""
        return next((waiver for waiver in self.holding if waiver.covers(rule, resource, stack)), None)


def purpose(environment: Mapping[str, str]) -> str:
    """Return the purpose that the environment sets; without one a change, for which waivers hold the shortest."""
    return environment.get(PURPOSE) or CHANGE


def load(file: Path, rules: Iterable[str], today: date, purpose: str = CHANGE) -> Waivers:
    """Read the waivers of a project; none where there is no file, and a fault for each that does not hold."""
    faults: list[str] = []
    if purpose not in GRACE_DAYS:
        faults.append(f"{PURPOSE}: is {purpose!r}, and judged as a change; set {', '.join(GRACE_DAYS)}, or unset it")
        purpose = CHANGE
    holding: list[Waiver] = []
    warnings: dict[Waiver, str] = {}
    records, unreadable = _records(file)
    rule_ids = set(rules)
    for index, record in enumerate(records):
        where = f"{file.name}[{index}]"
        if record_faults := [f"{where}{fault}" for fault in _faults(record, rule_ids, today)]:
            faults += record_faults
            continue
        waiver = Waiver(**record)
        if any(_overlap(waiver, other) for other in holding):
            faults.append(f"{where}: {waiver} is waived twice; take one away")
        elif _refused(waiver, today, purpose):
            faults.append(
                f"{where}.expires: {_ended(waiver)}; mend what it waives, or decide anew; {_holds_for(waiver, today)}"
            )
        else:
            holding.append(waiver)
            if warning := _warning(waiver, today, purpose):
                warnings[waiver] = f"{where}.expires: {warning}"
    return Waivers(tuple(holding), (*unreadable, *faults), warnings)


def _records(file: Path) -> tuple[list[Any], list[str]]:
    """Return what the file lists, and what is wrong where it lists nothing that can be read."""
    if not file.exists():
        return [], []
    try:
        records = yaml.safe_load(file.read_text()) or []
    except (yaml.YAMLError, ValueError) as error:  # a ValueError where a day is none, or the text no UTF-8
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "somewhere"
        return [], [f"{file.name}, {where}: is no YAML, or has a day that there is not; mend it"]
    if not isinstance(records, list):
        return [], [f"{file.name}: is no list; begin each waiver with `- rule:`"]
    return records, []


def _last_day(waiver: Waiver, purpose: str) -> date | None:
    """Return the last day on which a waiver holds for a purpose, None where it holds for ever."""
    grace = GRACE_DAYS[purpose]
    return None if grace is None else waiver.expires + timedelta(days=grace)


def _refused(waiver: Waiver, today: date, purpose: str) -> bool:
    last_day = _last_day(waiver, purpose)
    return last_day is not None and today > last_day


def _ended(waiver: Waiver) -> str:
    return f"{waiver} ended on {waiver.expires}"


def _warning(waiver: Waiver, today: date, purpose: str) -> str | None:
    left = (waiver.expires - today).days
    if left < 0:
        last_day = _last_day(waiver, purpose)
        until = f"until {last_day}" if last_day else "for ever"
        return f"{_ended(waiver)}, and holds for a {purpose} {until}"
    return f"{waiver} ends on {waiver.expires}, in {left} days" if left <= WARNING_DAYS else None


def _holds_for(waiver: Waiver, today: date) -> str:
    """Return the purposes for which an ended waiver still holds, and how to set them."""
    purposes = [purpose for purpose in ("deployment", "rollback") if not _refused(waiver, today, purpose)]
    return "it still holds for " + " and ".join(f"a {purpose} ({PURPOSE}={purpose})" for purpose in purposes)


def _overlap(waiver: Waiver, other: Waiver) -> bool:
    same = (waiver.rule, waiver.resource) == (other.rule, other.resource)
    return same and (waiver.stack == other.stack or None in (waiver.stack, other.stack))


def _faults(record: Any, rules: set[str], today: date) -> Iterator[str]:
    if not isinstance(record, dict):
        yield ": is no record; give it rule, resource, reason, owner and expires"
        return
    for name in (*_TEXTS, *(name for name in _OPTIONAL if name in record)):
        if not isinstance(record.get(name), str) or not record[name].strip():
            yield f".{name}: is missing or no text; write it out"
    for name in sorted(map(str, record.keys() - {*_TEXTS, *_OPTIONAL, "expires"})):
        yield f".{name}: is nothing that a waiver has; take it away"
    if isinstance(record.get("rule"), str) and record["rule"] not in rules:
        yield ".rule: there is no rule of this id; `neurmatic rules` lists them"
    expires = record.get("expires")
    if type(expires) is not date:
        yield ".expires: is no day; write it as 2027-01-31"
    elif (expires - today).days > LONGEST_DAYS:
        yield f".expires: is more than {LONGEST_DAYS} days away; choose an earlier day"
