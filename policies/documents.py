"""Policy documents of IAM and S3, read as AWS reads them; what AWS would not read is a fault and never silence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {
    *("Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
}
_VERSIONS = {None, "2008-10-17", "2012-10-17"}


@dataclass(frozen=True)
class Statement:
    """One statement, in which one and many are the same."""

    where: str
    allows: bool
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    """Kind and name; `("AWS", "*")` is everyone, also where the document says only `"*"`."""
    negated: frozenset[str] = frozenset()
    """Which of NotAction, NotResource, NotPrincipal it has; their values are nowhere here."""
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Values by operator and by key in lower case, as AWS compares keys."""


@dataclass(frozen=True)
class Document:
    """What could be read of a document, and what could not."""

    statements: tuple[Statement, ...] = ()
    faults: tuple[str, ...] = ()


class _FaultError(Exception):
    """Where the document is wrong, and how; without a value of it."""


def parse(policy: Any) -> Document:
    """Read a document that is JSON text or an object."""
    try:
        document = _plain(json.loads(policy, object_pairs_hook=_without_twins) if isinstance(policy, str) else policy)
    except ValueError:
        return Document(faults=("is no JSON, or says one thing twice",))
    if not isinstance(document, dict):
        return Document(faults=("is missing or no object",))
    if document.keys() - _DOCUMENT or document.get("Version") not in _VERSIONS:
        return Document(faults=("has elements or a Version that AWS does not know",))
    found = _many(document.get("Statement", []))
    if not found:
        return Document(faults=("Statement: is missing or empty",))
    statements, faults = [], []
    for index, each in enumerate(found):
        try:
            statements.append(_statement(f"Statement[{index}]", each))
        except _FaultError as fault:
            faults.append(str(fault))
    return Document(tuple(statements), tuple(faults))


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern with IAM's two wildcards matches; nothing else in it is special, brackets included."""
    parts = (".*" if each.startswith("*") else "." if each == "?" else re.escape(each) for each in _PIECES(pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def allows_action(pattern: str, action: str) -> bool:
    """Return whether a statement's pattern means an action, whose case AWS ignores."""
    return matches(pattern.lower(), action.lower())


_PIECES = re.compile(r"\*+|\?|[^*?]+").findall


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def _plain(value: Any) -> Any:
    """Return an input without its proxies; what nobody knows yet raises here."""
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statement(where: str, record: Any) -> Statement:
    if not isinstance(record, dict) or record.keys() - _STATEMENT:
        raise _FaultError(f"{where}: is no object, or has elements that AWS does not know")
    if record.get("Effect") not in ("Allow", "Deny"):
        raise _FaultError(f"{where}.Effect: is neither Allow nor Deny")
    for name in ("Action", "Resource", "Principal"):
        if name in record and f"Not{name}" in record:
            raise _FaultError(f"{where}: has both {name} and Not{name}")
    if "Action" not in record and "NotAction" not in record:
        raise _FaultError(f"{where}.Action: is missing")
    return Statement(
        where=where,
        allows=record["Effect"] == "Allow",
        actions=_texts(where, record, "Action"),
        resources=_texts(where, record, "Resource"),
        principals=tuple(_principals(where, record)),
        negated=frozenset(record.keys() & {"NotAction", "NotResource", "NotPrincipal"}),
        conditions=_conditions(where, record.get("Condition", {})),
    )


def _texts(where: str, record: dict[str, Any], name: str) -> tuple[str, ...]:
    if name not in record:
        return ()
    found = _many(record[name])
    if not found or not all(isinstance(each, str) for each in found):
        raise _FaultError(f"{where}.{name}: is empty or no text")
    return tuple(found)


def _principals(where: str, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Principal" not in record:
        return
    principal = record["Principal"]
    if principal == "*":
        yield "AWS", "*"
    elif isinstance(principal, dict):
        for kind in principal:
            yield from ((kind, each) for each in _texts(f"{where}.Principal", principal, kind))
    else:
        raise _FaultError(f"{where}.Principal: is neither * nor an object")


def _conditions(where: str, record: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    if not isinstance(record, dict) or not all(isinstance(each, dict) for each in record.values()):
        raise _FaultError(f"{where}.Condition: is no object of objects")
    if any(len({key.lower() for key in keys}) < len(keys) for keys in record.values()):
        raise _FaultError(f"{where}.Condition: says one thing twice")
    return {
        operator: {key.lower(): tuple(map(_condition_text, _many(values))) for key, values in keys.items()}
        for operator, keys in record.items()
    }


def _condition_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
