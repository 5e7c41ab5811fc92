"""`python -m operations secrets init|rotate|list|check --stack S`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from operations import clock
from operations.errors import OperationError
from operations.secrets import making, stack_file
from operations.secrets.asking import Ask, Unused, at_terminal, from_lines, known
from operations.secrets.judging import IN_THE_CLEAR, findings, removal
from settings import SECRETS

_ROTATION = """\
Rotating while the service runs: `rotate` sets the new value, `pulumi up` brings it in without a lost request.
  postgres_password, redis_password   old and new are both valid while the backends roll, then the old one is refused
  jwt_secret, jwt_refresh_secret, session_secret   the backends roll; their users have to sign in again
  origin_pull_client   a new certificate of the same authority
  origin_pull_authority   also a new client; nginx trusts the old authority too until it is rotated once more
  all others   put the new value in here, `pulumi up`, then revoke the old one where it was made
"""


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a parser."""
    secrets = commands.add_parser("secrets", help="make, check and rotate a stack's secrets; none is ever shown")
    verbs = secrets.add_subparsers(dest="verb", required=True)
    for verb, run in (("init", init), ("rotate", rotate), ("list", list_), ("check", check)):
        parser = verbs.add_parser(
            verb,
            help=(run.__doc__ or "").splitlines()[0],
            epilog=_ROTATION if verb == "rotate" else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run)
        if verb == "rotate":
            parser.add_argument("names", nargs="+", metavar="NAME")
        parser.add_argument("--stack", required=True)
        if verb in ("init", "rotate"):
            parser.add_argument(
                "--from-stdin", action="store_true", help="read values as lines NAME=VALUE instead of asking for them"
            )


def init(arguments: argparse.Namespace) -> int:
    """Set every secret that the stack needs and does not have; what is set stays."""
    file = stack_file.find(arguments.stack)
    kept = file.read(values=True)
    again = f"python -m operations secrets init --stack {arguments.stack}"

    def unused(name: str, value: str) -> Unused | None:
        if name in kept.in_the_clear:
            return Unused(IN_THE_CLEAR, f"first {removal(arguments.stack, name)}")
        if name in kept.values and value != kept.values[name]:
            rotate = f"python -m operations secrets rotate --stack {arguments.stack} {name} --from-stdin"
            return Unused("is set already to another value, which init keeps", rotate)
        if name not in kept.needed:
            return Unused("is not needed by the stack", f"first set what needs it: {SECRETS[name].needed_by}")
        return None

    ask = _asker(arguments, unused)
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
        mend = "; ".join([*(removal(arguments.stack, name) for name in exposed), again + asks])
        raise OperationError("\n".join(problems), mend)
    _say(f"next: python -m operations secrets check --stack {arguments.stack}")
    return 0


def rotate(arguments: argparse.Namespace) -> int:
    """Give secrets a new value, which `pulumi up` brings in while the service runs."""
    names = list(dict.fromkeys(known(name) for name in arguments.names))
    file = stack_file.find(arguments.stack)
    kept = file.read(values=True)
    issuer = ["origin_pull_authority"] if "origin_pull_client" in names else []
    if unset := [name for name in [*issuer, *names] if name not in kept.values]:
        mend = f"python -m operations secrets init --stack {arguments.stack}"
        raise OperationError(f"{', '.join(unset)}: not set, so that there is nothing to rotate", mend)
    if "origin_pull_authority" in names:
        # First the authority, then the client that it vouches for.
        certificates = ["origin_pull_authority", "origin_pull_client"]
        names = [*(name for name in names if name not in certificates), *certificates]

    def unused(name: str, _: str) -> Unused | None:
        return None if name in names else Unused("is not among the names to rotate", f"add {name} to them")

    ask = _asker(arguments, unused)
    values = dict(kept.values)
    for name in names:
        value = _new(name, values, ask)
        if value is None or value == kept.values[name]:
            why = "no new value was given" if value is None else "the new value is the one that is set"
            again = f"python -m operations secrets rotate --stack {arguments.stack} {name}"
            raise OperationError(f"{name}: {why}; nothing was changed", f"{again}, in a terminal or with --from-stdin")
        values[name] = value
    for name in names:
        file.keep(name, values[name], clock.today(), _last_day(name, values[name]))
        _say(f"{name}: new value ({SECRETS[name].meaning})")
    _say(f"next: pulumi up --stack {arguments.stack}")
    return 0


def list_(arguments: argparse.Namespace) -> int:
    """Show which secrets there are, what each is, and how old."""
    kept = stack_file.find(arguments.stack).read(values=False)
    width = max(map(len, SECRETS))
    for name, kind in SECRETS.items():
        state = "set" if name in kept.values else "IN THE CLEAR" if name in kept.in_the_clear else "missing"
        if state == "missing" and name not in kept.needed:
            state = "not needed"
        day = kept.changed.get(name)
        age = f"{day}, {(clock.today() - day).days} days ago" if day and state == "set" else ""
        _say(f"{name:{width}}  {state:<12}  {age:<24}  {kind.meaning}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Say which secrets are missing, weak, equal to another, expired or too old; exit 1 if any is."""
    kept = stack_file.find(arguments.stack).read(values=True)
    found = list(findings(arguments.stack, kept, clock.today()))
    for each in found:
        _say(f"{each.name} {each.wrong}\n  mend: {each.mend}")
    if not found:
        _say(f"{len(kept.values)} secrets: none missing, weak, equal to another, expired or too old")
    return 1 if found else 0


def _new(name: str, values: dict[str, str], ask: Ask) -> str | None:
    """Return a new value for a secret, None where nobody gives one."""
    if name == "origin_pull_authority":
        return making.authority(values.get(name))
    if name == "origin_pull_client":
        return making.client(values["origin_pull_authority"]) if "origin_pull_authority" in values else None
    value = ask(name)
    return making.random_text() if value is None and SECRETS[name].made == "generated" else value


def _asker(arguments: argparse.Namespace, unused: Callable[[str, str], Unused | None]) -> Ask:
    return from_lines(sys.stdin, unused) if arguments.from_stdin else at_terminal


def _last_day(name: str, value: str) -> date | None:
    """Return the last day of a certificate that can be read; `check` tells of one that cannot."""
    if SECRETS[name].made != "certificate":
        return None
    with suppress(ValueError):
        return making.last_day(value)
    return None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
