"""Writes AWS resources that a program declared as Terraform, of which pulumi-aws is made: the form that judges read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.engine import Resource

# Lists that Terraform writes as repeated blocks of a singular name.
_BLOCKS = {"rules": "rule", "transitions": "transition"}


def terraform(resources: Iterable[Resource]) -> dict[str, Any]:
    """Return the document of a .tf.json; what refers to another resource does so in Terraform's way."""
    written: dict[str, dict[str, Any]] = {}
    for resource in resources:
        inputs = {key: _refer(resource, key, value) for key, value in resource.inputs.items()}
        written.setdefault(_type(resource.type), {})[resource.name] = _snake(inputs) | _references(resource)
    return {"resource": written}


def _type(token: str) -> str:
    """Write `aws:s3/bucketPolicy:BucketPolicy` as `aws_s3_bucket_policy`."""
    package, module, name = token.partition("/")[0].partition(":")[0], token.split(":")[1], token.split(":")[2]
    return f"{package}_{module.partition('/')[0]}_{_word(name)}"


def _references(resource: Resource) -> dict[str, Any]:
    """Return the properties whose values only the deployment knows, which the mock engine leaves out."""
    return {
        _word(key): _refer(resource, key, None)
        for key in resource.request.propertyDependencies
        if key not in resource.inputs
    }


def _refer(resource: Resource, key: str, value: Any) -> Any:
    urns = resource.request.propertyDependencies[key].urns if key in resource.request.propertyDependencies else []
    if len(urns) != 1:
        return value
    _, _, types, name = urns[0].split("::")
    reference = f"${{{_type(types.rpartition('$')[2])}.{name}.{'arn' if key.endswith('Arn') else 'id'}}}"
    return [reference] if isinstance(value, list) else reference


def _snake(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_BLOCKS.get(key, _word(key)): _snake(item) for key, item in value.items()}


def _word(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
