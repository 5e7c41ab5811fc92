"""Where the values come from that only people know: a terminal that does not show them, or lines of standard input."""

from __future__ import annotations

import difflib
import getpass
import sys
from collections.abc import Callable, Iterable

from operations.errors import OperationError
from operations.secrets.judging import weakness
from settings import SECRETS

Ask = Callable[[str], str | None]
"""Returns the value of the secret of this name, None where nobody gives one."""


def known(name: str) -> str:
    """Return the name of a secret as it is; raises OperationError, with the nearest one, when there is none."""
    if name not in SECRETS:
        near = difflib.get_close_matches(name, SECRETS, n=1)
        mend = f"did you mean {near[0]}?" if near else f"the secrets are {', '.join(SECRETS)}"
        raise OperationError(f"there is no secret {name!r}", mend)
    return name


def at_terminal(name: str) -> str | None:
    """Ask until the answer has the secret's form; Enter alone leaves it for later."""
    if not sys.stdin.isatty():
        return None
    while value := getpass.getpass(
        f"{name} ({SECRETS[name].meaning}; not shown, Enter to leave it for later): "
    ).strip():
        wrong = weakness(name, value)
        if wrong is None:
            return value
        sys.stderr.write(f"  the value {wrong}\n")
    return None


def from_lines(lines: Iterable[str]) -> Ask:
    """Return what gives the values of lines NAME=VALUE; raises OperationError, without a value, when one is wrong."""
    given = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.rstrip("\n").partition("=")
        if not line.strip():
            continue
        if not equals:
            raise OperationError(f"line {number} of standard input has no '='", "write a secret a line: NAME=VALUE")
        if SECRETS[known(name)].made == "certificate":
            raise OperationError(f"{name} is made here, not given", f"leave out line {number}")
        if wrong := weakness(name, value):
            raise OperationError(f"{name}: the value on line {number} {wrong}", f"give {SECRETS[name].form}")
        given[name] = value
    return given.get
