"""Policy documents, which AWS keeps in a form of its own: whether two texts say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from standins.provider.schema import Failure
from standins.provider.wire import Plain


def refuse(inputs: Plain) -> Iterator[Failure]:
    """Refuse a policy that is no JSON."""
    policy = inputs.get("policy")
    if isinstance(policy, str):
        try:
            json.loads(policy)
        except ValueError as error:
            yield "policy", f"contains an invalid JSON policy: {error}"


def text(policy: str | Plain) -> str:
    """Return a policy, which the program may give as an object, as text."""
    return policy if isinstance(policy, str) else json.dumps(policy)


def settled(inputs: Plain, found: Any) -> Plain:
    """Return the inputs, with the policy that was found when it says something else than theirs."""
    given = json.loads(text(inputs.get("policy", "{}")))
    document = json.loads(text(found))
    return inputs if _normal(given) == _normal(document) else {**inputs, "policy": text(found)}


def _normal(value: Any) -> Any:
    """Forget what means nothing: the order of lists and keys, and that a list holds one item only."""
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value
