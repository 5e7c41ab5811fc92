"""Declarations as the state that an engine would have written, for `pulumi policy analyze --file`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.policies.program import Declaration

_STACK = "urn:pulumi:production::neurmatic::pulumi:pulumi:Stack::neurmatic-production"


def deployment(declarations: Sequence[Declaration]) -> dict[str, Any]:
    """Return the state, its resources in the order of the declarations, providers first."""
    first = sorted(declarations, key=lambda each: not each.type.startswith("pulumi:providers:"))
    providers = {
        each.type.rpartition(":")[2]: f"{_urn(each)}::{_ID}" for each in first if each.type.startswith("pulumi:prov")
    }
    stack = {"urn": _STACK, "custom": False, "type": "pulumi:pulumi:Stack"}
    return {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-11-22T00:00:00Z", "magic": "", "version": ""},
            "resources": [stack, *(_resource(each, providers) for each in first)],
        },
    }


# Any UUID: a provider's id is made by the engine.
_ID = "4d1f0b0e-1c5f-4a8e-9a52-6f0a5d1d7f11"


def _urn(declaration: Declaration) -> str:
    urn = declaration.urn or f"urn:pulumi:production::neurmatic::{declaration.type}::{declaration.name}"
    return _moved(urn)


def _moved(urn: str) -> str:
    """Return the name in this stack of what the mock engine, which has only one, has named."""
    return urn.replace("urn:pulumi:stack::project::", "urn:pulumi:production::neurmatic::")


def _resource(declaration: Declaration, providers: dict[str, str]) -> dict[str, Any]:
    custom = not declaration.type.startswith("infra:")
    # What a provider has checked is never empty.
    inputs = declaration.inputs or ({"told": True} if custom else {})
    package = declaration.type.partition(":")[0]
    return {
        "urn": _urn(declaration),
        "custom": custom,
        "type": declaration.type,
        "parent": _STACK,
        "inputs": inputs,
        "outputs": inputs,
        "protect": declaration.protect,
        "propertyDependencies": {key: sorted(map(_moved, urns)) for key, urns in declaration.refers.items()},
        **({"id": _ID} if custom else {}),
        **({"provider": providers[package]} if custom and package in providers else {}),
    }
