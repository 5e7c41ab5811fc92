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

# Inputs of resources and of their providers; in a larger stack some are decoded more than once.
_CACHE_SIZE = 10_000


def decode_once() -> None:
    """Patch the SDK in this process: each step from the engine's message to a rule's inputs caches its results."""
    changed = {
        "json_format": SimpleNamespace(MessageToDict=_cached(json_format.MessageToDict)),
        "deserialize_properties": _cached(deserialize_properties),
        "unknown_checking_proxy": _cached(unknown_checking_proxy),
    }
    for name, value in changed.items():
        if name not in vars(policy):
            raise AttributeError(f"the policy SDK has no {name} any more: see policies/decoding.py")
        setattr(policy, name, value)


def _cached(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a cache of its results, by the identity of the argument."""
    cache: OrderedDict[tuple[Any, ...], tuple[Any, Any]] = OrderedDict()

    def remembered(argument: Any, *flags: bool) -> Any:
        key = (id(argument), *flags)
        if key not in cache:
            cache[key] = (argument, function(argument, *flags))  # while the argument is kept, no other has its id
            if len(cache) > _CACHE_SIZE:
                cache.popitem(last=False)
        return cache[key][1]

    return remembered
