"""Policy documents of IAM and S3, parsed as AWS parses them; what AWS would refuse is a fault and never ignored."""

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
    """One statement; what may be a single value or a list is a tuple here."""

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
        document = _plain(
            json.loads(policy, object_pairs_hook=reject_duplicate_keys) if isinstance(policy, str) else policy
        )
    except ValueError:
        return Document(faults=("is no JSON, or says one thing twice",))
    if not isinstance(document, dict):
        return Document(faults=("is missing or no object",))
    if document.keys() - _DOCUMENT or document.get("Version") not in _VERSIONS:
        return Document(faults=("has elements or a Version that AWS does not know",))
    records = _as_list(document.get("Statement", []))
    if not records:
        return Document(faults=("Statement: is missing or empty",))
    statements, faults = [], []
    for index, record in enumerate(records):
        try:
            statements.append(_statement(f"Statement[{index}]", record))
        except _FaultError as fault:
            faults.append(str(fault))
    return Document(tuple(statements), tuple(faults))


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern with IAM's wildcards `*` and `?` matches; nothing else in it is special."""
    pieces = re.findall(r"\*+|\?|[^*?]+", pattern)
    parts = (".*" if piece.startswith("*") else "." if piece == "?" else re.escape(piece) for piece in pieces)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def allows_action(pattern: str, action: str) -> bool:
    """Return whether a statement's pattern matches an action, whose case AWS ignores."""
    return matches(pattern.lower(), action.lower())


def reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, as an `object_pairs_hook`; ValueError where a key stands in it twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def _plain(value: Any) -> Any:
    """Return an input without its proxies; what nobody knows yet raises here."""
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _as_list(value: Any) -> list[Any]:
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
    texts = _as_list(record[name])
    if not texts or not all(isinstance(text, str) for text in texts):
        raise _FaultError(f"{where}.{name}: is empty or no text")
    return tuple(texts)


def _principals(where: str, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Principal" not in record:
        return
    principal = record["Principal"]
    if principal == "*":
        yield "AWS", "*"
    elif isinstance(principal, dict):
        for kind in principal:
            yield from ((kind, name) for name in _texts(f"{where}.Principal", principal, kind))
    else:
        raise _FaultError(f"{where}.Principal: is neither * nor an object")


def _conditions(where: str, record: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    if not isinstance(record, dict) or not all(isinstance(keys, dict) for keys in record.values()):
        raise _FaultError(f"{where}.Condition: is no object of objects")
    if any(len({key.lower() for key in keys}) < len(keys) for keys in record.values()):
        raise _FaultError(f"{where}.Condition: says one thing twice")

    def text(value: Any) -> str:
        return json.dumps(value) if isinstance(value, bool) else str(value)

    return {
        operator: {key.lower(): tuple(map(text, _as_list(values))) for key, values in keys.items()}
        for operator, keys in record.items()
    }
