"""Has the policy SDK decode a resource once, and not anew for each of a hundred rules, which took most of the time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from google.protobuf import json_format
from pulumi_policy import policy
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import unknown_checking_proxy

# Of the inputs of a resource and those of its provider; of a larger stack some are decoded more than once.
_MOST_KEPT = 10_000


def decode_once() -> None:
    """Change the SDK for this process: each step from the engine's message to what a rule reads keeps its results."""
    changed = {
        "json_format": SimpleNamespace(MessageToDict=_once(json_format.MessageToDict)),
        "deserialize_properties": _once(deserialize_properties),
        "unknown_checking_proxy": _once(unknown_checking_proxy),
    }
    for name, value in changed.items():
        if name not in vars(policy):
            raise AttributeError(f"the policy SDK has no {name} any more: see policies/decoding.py")
        setattr(policy, name, value)


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a memory of what it made of an object, which is known by identity."""
    kept: OrderedDict[tuple[Any, ...], tuple[Any, Any]] = OrderedDict()

    def remembered(argument: Any, *flags: bool) -> Any:
        key = (id(argument), *flags)
        if key not in kept:
            kept[key] = (argument, function(argument, *flags))  # as long as it is kept, no other gets its identity
            if len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
        return kept[key][1]

    return remembered
