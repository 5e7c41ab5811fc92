"""How rulesets are refused: the codes, and what any rule can have wrong.

Codes and messages are the ones that users report, except those with the code of INVALID: that Cloudflare refuses such
a rule is documented, or its provider refuses it, in other words. The code of NOT_ENTITLED messages is not known either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from standins.services.cloudflare.envelope import RefusalError

INVALID = 20021
NOT_ENTITLED = 20120


def invalid(message: str, pointer: str) -> RefusalError:
    """Refuse what cannot be, at its place in the request."""
    return RefusalError(400, INVALID, message, pointer=pointer)


def not_entitled(message: str, pointer: str) -> RefusalError:
    """Refuse what the plan has not."""
    return RefusalError(400, NOT_ENTITLED, f"not entitled{message}", pointer=pointer)


def only(given: Any, known: set[str], pointer: str) -> None:
    """Refuse what is no object, and what it has beside these keys."""
    if not isinstance(given, dict):
        raise invalid("an object is needed", pointer)
    for name in sorted(given.keys() - known):
        raise invalid(f"unknown or misplaced field {name!r}", f"{pointer}/{name}")


def objects(given: Mapping[str, Any], name: str, pointer: str) -> list[dict[str, Any]]:
    """Return a list of objects, none where it is not given."""
    return _listed(given, name, pointer, dict, "objects")


def texts(given: Mapping[str, Any], name: str, pointer: str) -> list[str]:
    """Return a list of strings, none where it is not given."""
    return _listed(given, name, pointer, str, "strings")


def _listed(given: Mapping[str, Any], name: str, pointer: str, kind: type, words: str) -> list[Any]:
    items = given.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, kind) for item in items):
        raise invalid(f"a list of {words} is needed", f"{pointer}/{name}")
    return items


def among(value: Any, known: Sequence[Any] | set[str], pointer: str) -> None:
    """Refuse what is none of the known values."""
    if not isinstance(value, str | int) or value not in known:
        shown = f"{known[0]} to {known[-1]}" if isinstance(known, range) else ", ".join(map(str, sorted(known)))
        raise invalid(f"{value!r} is not one of {shown}", pointer)
