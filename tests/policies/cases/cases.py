"""The form of a rule's cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.policies.program import Change, Declaration

CANARY = "canary-0f9b2c"
"""A secret value; no message may hold it."""
BYPASSES = frozenset({"missing", "empty", "ipv6", "mixed list", "wrong case"})
"""The ways around a rule that are known from the judges of others."""

Declared = list[Declaration]
"""One small stack; the rule has to judge at least one resource of it."""


@dataclass(frozen=True, kw_only=True)
class Cases:
    """What shows that a rule does what it says."""

    good: dict[str, Declared]
    """By what they show."""
    bad: dict[str, Declared]
    """By the bypass, those of BYPASSES first."""
    cannot: frozenset[str] = field(default=frozenset())
    """Bypasses that this rule's inputs do not have, such as ipv6 where there is no address."""
    unknown: dict[str, Declared]
    """Inputs of which a part is UNKNOWN (pulumi.runtime.rpc), by which."""
    canary: Declared
    """A bad case with CANARY where a secret, or any value that may hold one, can stand."""
    breaks: Change
    """The change of the real program's production that breaks this rule and no other."""


def of(type_: str, name: str = "thing", *, protect: bool = False, **inputs: Any) -> Declaration:
    """Declare a resource; inputs have their names on the wire."""
    return Declaration(type_, name, inputs, protect)
