"""Reads values that only people know, from a hidden terminal prompt or from lines of standard input."""

from __future__ import annotations

import difflib
import getpass
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from operations.errors import OperationError
from operations.secrets.problems import weakness
from settings import SECRETS

Ask = Callable[[str], str | None]
"""Returns the value of the named secret, None where none is given."""


class Unused(NamedTuple):
    """Why a given value would not be used, and what to do other than to leave it out."""

    why: str
    mend: str


def require_known(names: Iterable[str]) -> None:
    """Raise OperationError, with the nearest name, where there is no secret of a name."""
    for name in names:
        if name not in SECRETS:
            raise OperationError(f"there is no secret {name!r}", _nearest(name))


def at_terminal(name: str) -> str | None:  # pragma: no cover  test_commands.py: a pty, in a process of its own
    """Ask for a secret that is not generated until the answer has its form; Enter alone leaves it for later."""
    if SECRETS[name].made == "generated" or not sys.stdin.isatty():
        return None
    prompt = f"{name} ({SECRETS[name].meaning}; not shown, Enter to leave it for later): "
    while value := getpass.getpass(prompt).strip():
        problem = weakness(name, value)
        if problem is None:
            return value
        sys.stderr.write(f"  the value {problem}\n")
    return None


def from_lines(lines: Iterable[str], unused: Callable[[str, str], Unused | None]) -> Ask:
    """Return an Ask over lines NAME=VALUE; raises OperationError, without a value in it, when a line is wrong."""
    given: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.rstrip("\r\n").partition("=")
        where, leave_out = f"line {number} of standard input", f"leave out line {number}"
        if not line.strip():
            continue
        if not equals:
            raise OperationError(f"{where} has no '='", "write a secret a line: NAME=VALUE")
        if name not in SECRETS:  # it may be part of a value, so the error does not quote it
            raise OperationError(f"{where} names no secret", _nearest(name))
        if SECRETS[name].made == "certificate":
            raise OperationError(f"{where}: {name} is made here, not given", leave_out)
        if name in given:
            raise OperationError(f"{where} gives {name} again", leave_out)
        if reason := unused(name, value):
            raise OperationError(f"{where}: {name} {reason.why}", f"{leave_out}, or {reason.mend}")
        if problem := weakness(name, value):
            generated = SECRETS[name].made == "generated"
            mend = f"{leave_out}, and a random one is made" if generated else f"give {SECRETS[name].form}"
            raise OperationError(f"{where}: the value of {name} {problem}", mend)
        given[name] = value
    return given.get


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, SECRETS, n=1)
    return f"did you mean {near[0]}?" if near else f"the secrets are {', '.join(SECRETS)}"
