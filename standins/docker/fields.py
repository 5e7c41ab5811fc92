"""Tables that pair the plugin's inputs with the Docker API's fields, for writing and for reading back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from standins.provider.schema import Failure, join
from standins.provider.wire import UNKNOWN, Plain, at

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


@dataclass(frozen=True)
class Value:
    """A value without fields of its own."""

    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda actual: actual
    unordered: bool = False

    def encode(self, value: Any) -> Any:
        """Write an input for the API."""
        return self.write(value)

    def decode(self, actual: Any) -> Any:
        """Read an input from the API."""
        return self.read(actual)

    def observe(self, wanted: Any, actual: Any) -> Any:
        """Return the input as it is if the API has what it asks for, else what the API has."""
        if same(self.write(wanted), actual, self.unordered):
            return wanted
        return None if _bare(actual) is None else self.read(actual)

    def refuse(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield values that cannot be written."""
        if value is not UNKNOWN:
            try:
                self.write(value)
            except ValueError as error:
                yield path, str(error)


@dataclass(frozen=True)
class _Unsupported(Value):
    """An input that the stand-in cannot do."""

    def refuse(self, value: Any, path: str) -> Iterator[Failure]:
        """Refuse it, whatever the value."""
        del value
        yield path, f"the sandbox's docker stand-in does not support {path} yet"


PLAIN = Value()


@dataclass(frozen=True)
class Field:
    """One input and its place in the API's object, `File.Name`."""

    input: str
    api: str
    codec: Codec = PLAIN
    default: Any = None
    """What the real plugin sends when the input is not given."""
    absent: Any = None
    """What its state holds when the API has nothing there."""
    kept: bool = False
    """Whether the state holds what the input asks for, whatever the API has: an image brings variables of its own."""
    watched: bool = False
    """Whether something found in the API although it is not given counts as drift."""


@dataclass(frozen=True)
class Block:
    """An object of fields."""

    fields: tuple[Field, ...]

    def encode(self, value: Plain) -> Plain:
        """Write an object for the API."""
        result: Plain = {}
        for field in self.fields:
            if not field.api:
                continue
            if field.input in value:
                _put(result, field.api, field.codec.encode(value[field.input]))
            elif field.default is not None:
                _put(result, field.api, field.default)
        return result

    def decode(self, actual: Any, inputs: Mapping[str, Any] = MappingProxyType({})) -> Plain:
        """Read an object from the API, in the forms in which the real plugin's state holds it."""
        result: Plain = {}
        for field in self.fields:
            if field.kept:
                value = field.codec.encode(inputs[field.input]) if field.input in inputs else None
            else:
                value = at(actual, field.api)
            result[field.input] = field.absent if value is None else field.codec.decode(value)
        return {name: value for name, value in result.items() if value is not None}

    def observe(self, wanted: Plain, actual: Any) -> Plain:
        """Return the object with those inputs corrected that the API has otherwise."""
        result = dict(wanted)
        for field in self.fields:
            value = at(actual, field.api)
            if field.input in wanted and not field.kept:
                result[field.input] = field.codec.observe(wanted[field.input], value)
            elif field.watched and not same(field.default, value):
                result[field.input] = field.codec.decode(value)
        return {key: value for key, value in result.items() if value is not None}

    def refuse(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield properties that are in no field, and what the fields refuse."""
        if value is UNKNOWN:
            return
        codecs = {field.input: field.codec for field in self.fields}
        for name, item in value.items():
            yield from codecs.get(name, UNSUPPORTED).refuse(item, join(path, name))


@dataclass(frozen=True)
class Items:
    """A list of objects whose order means nothing."""

    block: Block

    def encode(self, value: list[Plain]) -> list[Plain]:
        """Write a list for the API."""
        return [self.block.encode(item) for item in value]

    def decode(self, actual: Any) -> list[Plain]:
        """Read a list from the API."""
        return [self.block.decode(item) for item in actual]

    def observe(self, wanted: list[Plain], actual: Any) -> Any:
        """Return the list as it is if the API has the same objects, else what the API has."""
        if same(self.encode(wanted), actual, unordered=True):
            return wanted
        return self.decode(actual) if actual else None

    def refuse(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what the objects refuse."""
        if value is not UNKNOWN:
            for index, item in enumerate(value):
                yield from self.block.refuse(item, join(path, index))


Codec = Value | Block | Items
"""How one kind of value is written to the API and read back."""


def same(left: Any, right: Any, unordered: bool = False) -> bool:
    """Compare API values, in which absent, null, zero and empty mean the same."""
    left, right = _bare(left), _bare(right)
    if unordered and isinstance(left, list) and isinstance(right, list):
        left, right = (sorted(json.dumps(item, sort_keys=True) for item in items) for items in (left, right))
    return bool(left == right)


def nanoseconds(duration: str) -> int:
    """Read a Go duration, `1m30s`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", duration)
    if duration == "0":
        return 0
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"expected a duration such as 1m30s, got {duration}")
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def seconds(duration: str) -> float:
    """Read a Go duration in seconds."""
    return nanoseconds(duration) / 10**9


def go_duration(value: int) -> str:
    """Write nanoseconds as Go's `Duration.String` does, `1m0s`."""
    if value < 10**9:
        unit = next((unit for unit in ("ms", "µs") if value >= _UNITS[unit]), "ns")
        return f"{value / _UNITS[unit]:g}{unit}" if value else "0s"
    minutes, rest = divmod(value, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 10**9:.9f}".rstrip("0").rstrip(".") + "s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def short_duration(value: int) -> str:
    """Write nanoseconds in the shortest form, `1m`: the one in which pulumi-docker keeps a service's durations."""
    text = go_duration(value)
    if text.endswith("m0s"):
        text = text[:-2]
    return text[:-2] if text.endswith("h0m") else text


def decimal(nano: int) -> str:
    """Write billionths as the real plugin's `nanoInt64ToDecimalString` does: 1.0, 0.25, and 0.1 for 0.05."""
    text = f"{Decimal(nano) / 10**9:.9f}"
    if text.count("0") == 9:
        return str((Decimal(nano) / 10**9).quantize(Decimal("0.1"), ROUND_HALF_UP))
    return text.rstrip("0")


def _settled(form: Callable[[int], str]) -> Callable[[str], int]:
    """Accept a duration only as the real plugin writes it back, for any other form is a change on every `up`."""

    def write(duration: str) -> int:
        value = nanoseconds(duration)
        if form(value) != duration:
            raise ValueError(f"write {form(value)}: the real plugin shows {duration} as a change on every `pulumi up`")
        return value

    return write


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        value = {key: bare for key, item in value.items() if (bare := _bare(item)) is not None}
    elif isinstance(value, list):
        value = [_bare(item) for item in value]
    return value or None


def _put(result: Plain, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        result = result.setdefault(key, {})
    if isinstance(value, dict) and isinstance(result.get(last), dict):
        result[last].update(value)
    else:
        result[last] = value


UNSUPPORTED = _Unsupported()
LABELS = Value(
    lambda labels: {item["label"]: item["value"] for item in labels},
    lambda actual: [{"label": label, "value": value} for label, value in actual.items()],
)
SHORT_DURATION = Value(_settled(short_duration), short_duration)
LONG_DURATION = Value(_settled(go_duration), go_duration)
TEXTS = Value(unordered=True)

MOUNT = Block(
    (
        Field("type", "Type"),
        Field("target", "Target"),
        Field("source", "Source"),
        Field("readOnly", "ReadOnly", absent=False),
        Field("bindOptions", "BindOptions", Block((Field("propagation", "Propagation"),))),
    )
)
