"""`neurmatic secrets init|rotate|list|check --stack S`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date

from operations import clock
from operations.errors import OperationError
from operations.secrets import making, stack_file
from operations.secrets.asking import Ask, Unused, at_terminal, from_lines, known
from operations.secrets.problems import IN_THE_CLEAR, findings, removal
from operations.secrets.stack_file import Contents
from settings import SECRETS


def init(stack: str, *, from_stdin: bool) -> int:
    """Set every secret that the stack needs and does not have; what is set stays."""
    file = stack_file.find(stack)
    kept = file.read(values=True)
    again = f"neurmatic secrets init --stack {stack}"

    def unused(name: str, value: str) -> Unused | None:
        if name in kept.in_the_clear:
            return Unused(IN_THE_CLEAR, f"first {removal(stack, name)}")
        if name in kept.values and value != kept.values[name]:
            rotate = f"neurmatic secrets rotate --stack {stack} {name} --from-stdin"
            return Unused("is set already to another value, which init keeps", rotate)
        if name not in kept.needed:
            return Unused("is not needed by the stack", f"first set what needs it: {SECRETS[name].needed_by}")
        return None

    ask = _asker(unused, from_stdin=from_stdin)
    values, missing = dict(kept.values), []
    for name in kept.needed:
        if name in values:
            day = None if name in kept.changed else clock.today()
            last_day = _last_day(name, values[name])
            if last_day == kept.expires.get(name):
                last_day = None
            if day or last_day:
                file.keep(name, None, day, last_day)
            notes = ["; noted today as its day"] if day else []
            notes += [f"; noted {last_day} as its last day"] if last_day else []
            _say(f"{name}: is set" + "".join(notes))
        elif name in kept.in_the_clear:
            continue
        elif (value := _new(name, values, ask)) is not None:
            file.keep(name, value, clock.today(), _last_day(name, value))
            values[name] = value
            _say(f"{name}: set")
        else:
            missing.append(name)
    if missing or kept.in_the_clear:
        exposed = sorted(kept.in_the_clear)
        problems = [f"{name} {IN_THE_CLEAR}" for name in exposed]
        problems += [f"{name} is missing: {SECRETS[name].meaning}" for name in missing]
        asks = " in a terminal asks; with --from-stdin it reads lines NAME=VALUE" if missing else ""
        mend = "; ".join([*(removal(stack, name) for name in exposed), again + asks])
        raise OperationError("\n".join(problems), mend)
    _say(f"next: neurmatic secrets check --stack {stack}")
    return 0


def rotate(stack: str, names: Sequence[str], *, from_stdin: bool) -> int:
    """Give secrets a new value, which `pulumi up` brings in while the service runs."""
    names = list(dict.fromkeys(known(name) for name in names))
    file = stack_file.find(stack)
    kept = file.read(values=True)
    issuer = ["origin_pull_authority"] if "origin_pull_client" in names else []
    if unset := [name for name in [*issuer, *names] if name not in kept.values]:
        mend = f"neurmatic secrets init --stack {stack}"
        raise OperationError(f"{', '.join(unset)}: not set, so that there is nothing to rotate", mend)
    if "origin_pull_authority" in names:
        # First the authority, then the client that it vouches for.
        certificates = ["origin_pull_authority", "origin_pull_client"]
        names = [*(name for name in names if name not in certificates), *certificates]

    def unused(name: str, _: str) -> Unused | None:
        return None if name in names else Unused("is not among the names to rotate", f"add {name} to them")

    ask = _asker(unused, from_stdin=from_stdin)
    values = dict(kept.values)
    for name in names:
        value = _new(name, values, ask)
        if value is None or value == kept.values[name]:
            why = "no new value was given" if value is None else "the new value is the one that is set"
            again = f"neurmatic secrets rotate --stack {stack} {name}"
            raise OperationError(f"{name}: {why}; nothing was changed", f"{again}, in a terminal or with --from-stdin")
        values[name] = value
    for name in names:
        file.keep(name, values[name], clock.today(), _last_day(name, values[name]))
        _say(f"{name}: new value ({SECRETS[name].meaning})")
    _say(f"next: pulumi up --stack {stack}")
    return 0


def list_(stack: str, *, as_json: bool = False) -> int:
    """Show which secrets there are, what each is, and how old."""
    kept = stack_file.find(stack).read(values=False)
    rows = [_row(name, kept) for name in SECRETS]
    if as_json:
        _say(json.dumps([asdict(row) for row in rows], indent=2, default=str))
        return 0
    width = max(map(len, SECRETS))
    for row in rows:
        age = f"{row.changed}, {(clock.today() - row.changed).days} days ago" if row.changed else ""
        _say(f"{row.name:{width}}  {row.state:<12}  {age:<24}  {row.meaning}")
    return 0


@dataclass(frozen=True)
class _Row:
    """What is told of a secret."""

    name: str
    state: str
    changed: date | None
    meaning: str


def _row(name: str, kept: Contents) -> _Row:
    state = "set" if name in kept.values else "IN THE CLEAR" if name in kept.in_the_clear else "missing"
    if state == "missing" and name not in kept.needed:
        state = "not needed"
    return _Row(name, state, kept.changed.get(name) if state == "set" else None, SECRETS[name].meaning)


def check(stack: str, *, as_json: bool = False) -> int:
    """Say which secrets are missing, weak, equal to another, expired or too old; exit 1 if any is."""
    kept = stack_file.find(stack).read(values=True)
    wrong = list(findings(stack, kept, clock.today()))
    if as_json:
        _say(json.dumps([asdict(finding) for finding in wrong], indent=2))
    elif wrong:
        _say("\n".join(f"{finding.name} {finding.wrong}\n  mend: {finding.mend}" for finding in wrong))
    else:
        _say(f"{len(kept.values)} secrets: none missing, weak, equal to another, expired or too old")
    return 1 if wrong else 0


def _new(name: str, values: dict[str, str], ask: Ask) -> str | None:
    """Return a new value for a secret, None where nobody gives one."""
    if name == "origin_pull_authority":
        return making.authority(values.get(name))
    if name == "origin_pull_client":
        return making.client(values["origin_pull_authority"]) if "origin_pull_authority" in values else None
    value = ask(name)
    return making.random_text() if value is None and SECRETS[name].made == "generated" else value


def _asker(unused: Callable[[str, str], Unused | None], *, from_stdin: bool) -> Ask:
    return from_lines(sys.stdin, unused) if from_stdin else at_terminal


def _last_day(name: str, value: str) -> date | None:
    """Return the last day of a certificate that can be read; `check` tells of one that cannot."""
    if SECRETS[name].made != "certificate":
        return None
    with suppress(ValueError):
        return making.last_day(value)
    return None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
