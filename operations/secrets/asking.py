"""Where the values come from that only people know: a terminal that does not show them, or lines of standard input."""

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
"""Returns the value of the secret of this name, None where nobody gives one."""


class Unused(NamedTuple):
    """Why nothing would use a value that is given, and what to do other than to leave it out."""

    why: str
    mend: str


def known(name: str) -> str:
    """Return the name of a secret as it is; raises OperationError, with the nearest one, when there is none."""
    if name not in SECRETS:
        raise OperationError(f"there is no secret {name!r}", _nearest(name))
    return name


def at_terminal(name: str) -> str | None:  # pragma: no cover  test_commands.py: a pty, in a process of its own
    """Ask for what is not made here until the answer has the secret's form; Enter alone leaves it for later."""
    if SECRETS[name].made == "generated" or not sys.stdin.isatty():
        return None
    while value := getpass.getpass(
        f"{name} ({SECRETS[name].meaning}; not shown, Enter to leave it for later): "
    ).strip():
        wrong = weakness(name, value)
        if wrong is None:
            return value
        sys.stderr.write(f"  the value {wrong}\n")
    return None


def from_lines(lines: Iterable[str], unused: Callable[[str, str], Unused | None]) -> Ask:
    """Return what gives the values of lines NAME=VALUE; raises OperationError, without a value, when one is wrong."""
    given: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.rstrip("\r\n").partition("=")
        where, leave_out = f"line {number} of standard input", f"leave out line {number}"
        if not line.strip():
            continue
        if not equals:
            raise OperationError(f"{where} has no '='", "write a secret a line: NAME=VALUE")
        if name not in SECRETS:  # what stands there may be part of a value
            raise OperationError(f"{where} names no secret", _nearest(name))
        if SECRETS[name].made == "certificate":
            raise OperationError(f"{where}: {name} is made here, not given", leave_out)
        if name in given:
            raise OperationError(f"{where} gives {name} again", leave_out)
        if no_use := unused(name, value):
            raise OperationError(f"{where}: {name} {no_use.why}", f"{leave_out}, or {no_use.mend}")
        if wrong := weakness(name, value):
            made = SECRETS[name].made == "generated"
            mend = f"{leave_out}, and a random one is made" if made else f"give {SECRETS[name].form}"
            raise OperationError(f"{where}: the value of {name} {wrong}", mend)
        given[name] = value
    return given.get


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, SECRETS, n=1)
    return f"did you mean {near[0]}?" if near else f"the secrets are {', '.join(SECRETS)}"
