"""Judges requests by policy documents as IAM does: what nothing allows is denied, and a denial beats every allowance.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, and beside it the pages of the
elements Action, Resource, Principal and Condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What somebody asks for."""

    action: str
    """`s3:PutObject`"""
    resource: str
    """ARN of what it is done to."""
    principal: str
    """ARN of who asks."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Values of condition keys, whose names are in lower case."""


def allows(identity: Iterable[Mapping[str, Any]], resource: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """Judge by the policies of who asks and of what is asked for, both of one account."""
    effects = [effect for policy in (*identity, *resource) for effect in _effects(policy, request)]
    return "Allow" in effects and "Deny" not in effects


def denies(policies: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """Say whether a statement denies the request, whoever else allows it: all that can stop an account's root."""
    return any("Deny" in _effects(policy, request) for policy in policies)


def _effects(policy: Mapping[str, Any], request: Request) -> list[str]:
    return [statement["Effect"] for statement in _listed(policy["Statement"]) if _concerns(statement, request)]


def _concerns(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _covers(statement, "Action", lambda pattern: _like(pattern.lower(), request.action.lower()))
        and _covers(statement, "Resource", lambda pattern: _like(pattern, request.resource))
        and _covers(statement, "Principal", lambda principal: _is(principal, request.principal))
        and all(
            _holds(operator, _listed(wanted), request.context.get(key.lower()))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _covers(statement: Mapping[str, Any], element: str, matches: Callable[[Any], bool]) -> bool:
    """Look at an element or its Not; a policy of an identity has no Principal, and a trust policy no Resource."""
    if f"Not{element}" in statement:
        return not any(matches(value) for value in _listed(statement[f"Not{element}"]))
    return element not in statement or any(matches(value) for value in _listed(statement[element]))


def _is(principal: Any, who: str) -> bool:
    kinds = principal.values() if isinstance(principal, dict) else [principal]
    names = [name for kind in kinds for name in _listed(kind)]
    return "*" in names or who in names


# What a condition asks of one value; a Not before the name turns it round.
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringLike": lambda wanted, value: _like(wanted, value),
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "NumericLessThan": lambda wanted, value: float(value) < float(wanted),
}


def _holds(operator: str, wanted: list[Any], value: str | None) -> bool:
    """Judge one key of a condition; raises KeyError for an operator that is not known here."""
    if operator == "Null":
        return str(value is None).lower() in [str(expected).lower() for expected in wanted]
    name = operator.removesuffix("IfExists")
    negated = name.startswith("StringNot")
    compare = _OPERATORS[name.replace("StringNot", "String")]
    if value is None:
        return negated or name != operator
    return negated != any(compare(str(expected), value) for expected in wanted)


def _like(pattern: str, text: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
