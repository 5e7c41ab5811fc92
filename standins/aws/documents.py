"""Policy documents, which AWS reformats: compared by what they mean."""

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


def settled(inputs: Plain, actual: Any) -> Plain:
    """Return the inputs, with the actual policy in place of theirs when the two do not mean the same."""
    wanted = json.loads(text(inputs.get("policy", "{}")))
    same = _normal(wanted) == _normal(json.loads(text(actual)))
    return inputs if same else {**inputs, "policy": text(actual)}


def _normal(value: Any) -> Any:
    """Return a form in which the order of lists means nothing, and a list of one item is that item."""
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value
