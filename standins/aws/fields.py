"""Values as Pulumi and as AWS write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import TagTypeDef

# Names that S3 does not write in the ordinary way.
_S3_NAMES = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
_OUR_NAMES = {theirs: ours for ours, theirs in _S3_NAMES.items()}


def pascal(value: Any) -> Any:
    """Write Pulumi's properties as S3's."""
    if isinstance(value, list):
        return [pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _S3_NAMES.get(key, key[0].upper() + key[1:]): tag_list(item) if key == "tags" else pascal(item)
        for key, item in value.items()
    }


def camel(value: Any) -> Any:
    """Write S3's properties as Pulumi's."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not isinstance(value, dict):
        return value
    return {
        _OUR_NAMES.get(key, key[0].lower() + key[1:]): tag_map(item) if key == "Tags" else camel(item)
        for key, item in value.items()
    }


def tag_list(tags: dict[str, str]) -> list[TagTypeDef]:
    """Write tags as AWS does."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(tags: Iterable[TagTypeDef]) -> dict[str, str]:
    """Write tags as Pulumi does."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def same(left: Any, right: Any) -> bool:
    """Compare two values, lists as sets."""
    return bool(_sorted(left) == _sorted(right))


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return {key: _sorted(item) for key, item in value.items()} if isinstance(value, dict) else value


def one_of(place: str, value: Any, values: tuple[str, ...]) -> Iterator[Failure]:
    """Refuse a value that AWS has no name for."""
    if value not in (None, UNKNOWN, *values):
        yield place, f"expected one of {', '.join(values)}"
