"""`neurmatic secrets init|rotate|list|check --stack S`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from operations import clock
from operations.errors import OperationError
from operations.secrets import making, stack_file
from operations.secrets.asking import Ask, Unused, at_terminal, from_lines, require_known
from operations.secrets.problems import IN_THE_CLEAR, findings, removal
from operations.secrets.stack_file import Contents
from settings import SECRETS


def init(stack: str, *, from_stdin: bool) -> int:
    """Set every secret that the stack needs and does not have; what is set stays."""
    file = stack_file.find(stack)
    contents = file.read(values=True)
    again = f"neurmatic secrets init --stack {stack}"

    def unused(name: str, value: str) -> Unused | None:
        if name in contents.in_the_clear:
            return Unused(IN_THE_CLEAR, f"first {removal(stack, name)}")
        if name in contents.values and value != contents.values[name]:
            rotate = f"neurmatic secrets rotate --stack {stack} {name} --from-stdin"
            return Unused("is set already to another value, which init keeps", rotate)
        if name not in contents.needed:
            return Unused("is not needed by the stack", f"first set what needs it: {SECRETS[name].needed_by}")
        return None

    ask = _asker(unused, from_stdin=from_stdin)
    values, missing = dict(contents.values), []
    for name in contents.needed:
        if name in values:
            day = None if name in contents.changed else clock.today()
            last_day = _last_day(name, values[name])
            if last_day == contents.expires.get(name):
                last_day = None
            if day or last_day:
                file.store(name, None, day, last_day)
            day_note = "; noted today as its day" if day else ""
            click.echo(f"{name}: is set{day_note}" + (f"; noted {last_day} as its last day" if last_day else ""))
        elif name in contents.in_the_clear:
            continue
        elif (value := _new(name, values, ask)) is not None:
            file.store(name, value, clock.today(), _last_day(name, value))
            values[name] = value
            click.echo(f"{name}: set")
        else:
            missing.append(name)
    exposed = sorted(contents.in_the_clear)
    if exposed or missing:
        problems = [f"{name} {IN_THE_CLEAR}" for name in exposed]
        problems += [f"{name} is missing: {SECRETS[name].meaning}" for name in missing]
        asks = " in a terminal asks; with --from-stdin it reads lines NAME=VALUE" if missing else ""
        mend = "; ".join([*(removal(stack, name) for name in exposed), again + asks])
        raise OperationError("\n".join(problems), mend)
    click.echo(f"next: neurmatic secrets check --stack {stack}")
    return 0


def rotate(stack: str, names: Sequence[str], *, from_stdin: bool) -> int:
    """Give secrets a new value, which `pulumi up` brings in while the service runs."""
    require_known(names)
    names = list(dict.fromkeys(names))
    file = stack_file.find(stack)
    contents = file.read(values=True)
    issuer = ["origin_pull_authority"] if "origin_pull_client" in names else []
    if unset := [name for name in [*issuer, *names] if name not in contents.values]:
        mend = f"neurmatic secrets init --stack {stack}"
        raise OperationError(f"{', '.join(unset)}: not set, so that there is nothing to rotate", mend)
    if "origin_pull_authority" in names:
        # First the authority, then the client that it signs.
        certificates = ["origin_pull_authority", "origin_pull_client"]
        names = [*(name for name in names if name not in certificates), *certificates]

    def unused(name: str, _: str) -> Unused | None:
        return None if name in names else Unused("is not among the names to rotate", f"add {name} to them")

    ask = _asker(unused, from_stdin=from_stdin)
    values = dict(contents.values)
    for name in names:
        value = _new(name, values, ask)
        if value is None or value == contents.values[name]:
            why = "no new value was given" if value is None else "the new value is the one that is set"
            again = f"neurmatic secrets rotate --stack {stack} {name}"
            raise OperationError(f"{name}: {why}; nothing was changed", f"{again}, in a terminal or with --from-stdin")
        values[name] = value
    for name in names:
        file.store(name, values[name], clock.today(), _last_day(name, values[name]))
        click.echo(f"{name}: new value ({SECRETS[name].meaning})")
    click.echo(f"next: pulumi up --stack {stack}")
    return 0


def list_(stack: str, *, as_json: bool = False) -> int:
    """Show which secrets there are, what each is, and how old."""
    contents = stack_file.find(stack).read(values=False)
    rows = [_row(name, contents) for name in SECRETS]
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return 0
    width = max(map(len, SECRETS))
    for row in rows:
        changed = row["changed"]
        age = f"{changed}, {(clock.today() - changed).days} days ago" if changed else ""
        click.echo(f"{row['name']:{width}}  {row['state']:<12}  {age:<24}  {row['meaning']}")
    return 0


def _row(name: str, contents: Contents) -> dict[str, Any]:
    state = "missing" if name in contents.needed else "not needed"
    state = "set" if name in contents.values else "IN THE CLEAR" if name in contents.in_the_clear else state
    changed = contents.changed.get(name) if state == "set" else None
    return {"name": name, "state": state, "changed": changed, "meaning": SECRETS[name].meaning}


def check(stack: str, *, as_json: bool = False) -> int:
    """Say which secrets are missing, weak, equal to another, expired or too old; exit 1 if any is."""
    contents = stack_file.find(stack).read(values=True)
    problems = list(findings(stack, contents, clock.today()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in problems], indent=2))
    elif problems:
        click.echo("\n".join(f"{finding.name} {finding.wrong}\n  mend: {finding.mend}" for finding in problems))
    else:
        click.echo(f"{len(contents.values)} secrets: none missing, weak, equal to another, expired or too old")
    return 1 if problems else 0


def _new(name: str, values: dict[str, str], ask: Ask) -> str | None:
    """Return a new value for a secret, None where none is given."""
    if name == "origin_pull_authority":
        return making.authority(values.get(name))
    if name == "origin_pull_client":
        return making.client(values["origin_pull_authority"]) if "origin_pull_authority" in values else None
    value = ask(name)
    return making.random_text() if value is None and SECRETS[name].made == "generated" else value


def _asker(unused: Callable[[str, str], Unused | None], *, from_stdin: bool) -> Ask:
    return from_lines(sys.stdin, unused) if from_stdin else at_terminal


def _last_day(name: str, value: str) -> date | None:
    """Return a certificate's last day, None for other secrets; `check` reports a certificate that cannot be read."""
    with suppress(ValueError):
        return making.last_day(value) if SECRETS[name].made == "certificate" else None
    return None
