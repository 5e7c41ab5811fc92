"""Pulumi's property values on the wire and as plain Python, with secrets kept aside by their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf import struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire's mark of a secret, none itself
_ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Path = tuple[str | int, ...]
"""Keys and indexes from the root of a resource's properties to a value."""

Plain = dict[str, Any]
"""Properties as None-free dicts, lists, strings, booleans, ints and floats, with UNKNOWN in place of unknown values."""


class _Unknown(Enum):
    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN
"""A value that only the deployment will know."""


@dataclass(frozen=True)
class Properties:
    """Plain values and the paths of those that are secret."""

    values: Plain
    secrets: Set[Path] = field(default_factory=frozenset)


def is_asset(value: Any) -> bool:
    """Say whether a plain value is an asset or archive: the engine's own form of them, left as it is."""
    return isinstance(value, dict) and value.get(_SIGNATURE) in _ASSETS


def decode(struct: struct_pb2.Struct) -> Properties:
    """Read properties off the wire; whole numbers become ints, nulls are left out of objects."""
    secrets: set[Path] = set()
    return Properties(_decode_fields(struct, (), secrets), frozenset(secrets))


def encode(properties: Properties) -> struct_pb2.Struct:
    """Write properties to the wire."""
    return _encode_fields(properties.values, (), properties.secrets)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value within a value, itself included, with its path."""
    yield path, value
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(item, (*path, key))


def at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, None where something on it is missing or not known yet."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def objects(value: Any) -> list[tuple[int, Plain]]:
    """Return the objects of a list with their indexes, without what is missing or not known yet."""
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, dict)]


def _decode_fields(struct: struct_pb2.Struct, path: Path, secrets: set[Path]) -> Plain:
    return {
        key: _decode(item, (*path, key), secrets)
        for key, item in struct.fields.items()
        if item.WhichOneof("kind") != "null_value"
    }


def _encode_fields(values: Mapping[str, Any], path: Path, secrets: Set[Path]) -> struct_pb2.Struct:
    fields = {key: _encode(item, (*path, key), secrets) for key, item in values.items() if item is not None}
    return struct_pb2.Struct(fields=fields)


def _decode(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            secrets.add(path)
            return _decode(fields["value"], path, secrets)
        return _decode_fields(value.struct_value, path, secrets)
    if kind == "list_value":
        return [_decode(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _encode(value: Any, path: Path, secrets: Set[Path]) -> struct_pb2.Value:
    if path in secrets:
        inner = _encode(value, path, secrets - {path})
        fields = {_SIGNATURE: struct_pb2.Value(string_value=_SECRET), "value": inner}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=_encode_fields(value, path, secrets))
    if isinstance(value, list | tuple):
        values = [_encode(item, (*path, index), secrets) for index, item in enumerate(value)]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=values))
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    return struct_pb2.Value(string_value=str(value))
