"""Conditions in Cloudflare's Rules language, with all values escaped.

No regular expressions, which plans below business do not have.
"""

from collections.abc import Iterable

PATH = "http.request.uri.path"
# The backend's router ignores case, so paths to block are compared in lower case.
ANY_CASE_PATH = f"lower({PATH})"


def quoted(text: str) -> str:
    """Return a string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def one_of(field: str, values: Iterable[str]) -> str:
    """Whether the field is one of the strings."""
    return f"{field} in {{{' '.join(map(quoted, values))}}}"


def within(field: str, networks: Iterable[object]) -> str:
    """Whether the field is an address of the networks."""
    return f"{field} in {{{' '.join(map(str, networks))}}}"


def begins(field: str, beginnings: Iterable[str]) -> str:
    """Whether the field begins with one of the strings."""
    return any_of(f"starts_with({field}, {quoted(beginning)})" for beginning in beginnings)


def contains(field: str, parts: Iterable[str]) -> str:
    """Whether the field has one of the strings in it."""
    return any_of(f"{field} contains {quoted(part)}" for part in parts)


def any_of(conditions: Iterable[str]) -> str:
    """Whether one of the conditions holds."""
    return _joined(" or ", conditions)


def all_of(conditions: Iterable[str]) -> str:
    """Whether all of the conditions hold."""
    return _joined(" and ", conditions)


def _joined(operator: str, conditions: Iterable[str]) -> str:
    operands = list(conditions)
    return f"({operator.join(operands)})" if len(operands) > 1 else operands[0]


# Certificate authorities validate http-01 challenges here; nothing may block them.
CHALLENGE = begins(PATH, ["/.well-known/acme-challenge/"])
