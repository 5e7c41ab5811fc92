"""Findings that somebody decided to live with for a while: who, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

FILE = "policy-waivers.yaml"
# Half a year: long enough for a project, too short to forget who decided (security.md: 180 days).
LONGEST_DAYS = 180
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
        """What is said of it where it waives nothing."""
        return f"{self} waives nothing, because nothing is wrong there; take it away"

    def holds_in(self, stack: str) -> bool:
        """Return whether it is for this stack."""
        return self.stack in (None, stack)

    def covers(self, rule: str, resource: str, stack: str) -> bool:
        """Return whether it is about this rule and resource of this stack."""
        return (self.rule, self.resource) == (rule, resource) and self.holds_in(stack)


@dataclass(frozen=True)
class Waivers:
    """What the file says: waivers that hold, and what is wrong with the others."""

    holding: tuple[Waiver, ...] = ()
    faults: tuple[str, ...] = ()

    def of(self, rule: str, resource: str, stack: str) -> Waiver | None:
        """Return the waiver of this rule and resource of this stack, if there is one."""
        return next((each for each in self.holding if each.covers(rule, resource, stack)), None)


def load(file: Path, rules: Iterable[str], today: date) -> Waivers:
    """Read the waivers of a project; none where there is no file, a fault for each that does not hold."""
    if not file.exists():
        return Waivers()
    try:
        records = yaml.safe_load(file.read_text()) or []
    except (yaml.YAMLError, ValueError) as error:  # a ValueError where a day is none, or the text no UTF-8
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "somewhere"
        return Waivers(faults=(f"{file.name}, {where}: is no YAML, or has a day that there is not; mend it",))
    if not isinstance(records, list):
        return Waivers(faults=(f"{file.name}: is no list; begin each waiver with `- rule:`",))
    holding: list[Waiver] = []
    faults: list[str] = []
    known = set(rules)
    for index, record in enumerate(records):
        where = f"{file.name}[{index}]"
        found = list(_faults(record, known, today))
        faults += [f"{where}{fault}" for fault in found]
        if not found:
            waiver = Waiver(**record)
            if any(_overlap(waiver, other) for other in holding):
                faults.append(f"{where}: {waiver} is waived twice; take one away")
            else:
                holding.append(waiver)
    return Waivers(tuple(holding), tuple(faults))


def _overlap(one: Waiver, other: Waiver) -> bool:
    same = (one.rule, one.resource) == (other.rule, other.resource)
    return same and (one.stack == other.stack or None in (one.stack, other.stack))


def _faults(record: Any, rules: set[str], today: date) -> Iterable[str]:
    if not isinstance(record, dict):
        yield ": is no record; give it rule, resource, reason, owner and expires"
        return
    for name in (*_TEXTS, *(name for name in _OPTIONAL if name in record)):
        if not isinstance(record.get(name), str) or not record[name].strip():
            yield f".{name}: is missing or no text; write it out"
    for name in sorted(map(str, record.keys() - {*_TEXTS, *_OPTIONAL, "expires"})):
        yield f".{name}: is nothing that a waiver has; take it away"
    if isinstance(record.get("rule"), str) and record["rule"] not in rules:
        yield ".rule: there is no rule of this id; `python -m operations rules` lists them"
    expires = record.get("expires")
    if type(expires) is not date:
        yield ".expires: is no day; write it as 2027-01-31"
    elif expires < today:
        yield f".expires: ended on {expires}; mend what it waives, or decide anew"
    elif (expires - today).days > LONGEST_DAYS:
        yield f".expires: is more than {LONGEST_DAYS} days away; choose an earlier day"
