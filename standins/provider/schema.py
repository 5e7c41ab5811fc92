"""What a real plugin accepts: names, types and what is required."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from standins.provider.wire import UNKNOWN, is_asset

Failure = tuple[str, str]
"""A property path as Pulumi writes it (`ports[0].internal`) and what is wrong there."""

DEFAULTS = "__defaults"
"""The bridge's note, in each object of the inputs, of what it added itself."""

SCALARS: dict[object, str] = {str: "a string", bool: "a boolean", int: "an integer", float: "a number"}


@dataclass(frozen=True)
class Scalar:
    """A string, boolean, integer or number; an enumeration lists its values."""

    type: type
    values: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what is wrong with a value."""
        if not self._fits(value):
            yield path, f"expected {SCALARS[self.type]}, got {_kind(value)}"
        elif self.values and value not in self.values:
            yield path, f"expected one of {', '.join(self.values)}"

    def _fits(self, value: Any) -> bool:
        if self.type is bool or isinstance(value, bool):
            return self.type is bool and isinstance(value, bool)
        if self.type is int:
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return isinstance(value, (int, float)) if self.type is float else isinstance(value, str)


@dataclass(frozen=True)
class Anything:
    """A value of any type."""

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Find nothing wrong."""
        del value, path
        return iter(())


@dataclass(frozen=True)
class Asset:
    """A file, a text or an archive."""

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what is wrong with a value."""
        if not is_asset(value):
            yield path, f"expected an asset or an archive, got {_kind(value)}"


@dataclass(frozen=True)
class Many:
    """A list, or a map from strings, of one type."""

    type: type
    item: Spec

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what is wrong with a value and its items."""
        if not isinstance(value, self.type):
            yield path, f"expected {'a list' if self.type is list else 'a map'}, got {_kind(value)}"
            return
        for key, item in _items(value):
            yield from check(self.item, item, join(path, key))


@dataclass(frozen=True)
class Object:
    """Named properties."""

    properties: Mapping[str, Spec]
    required: frozenset[str]

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield unknown, missing and mistyped properties."""
        if not isinstance(value, dict):
            yield path, f"expected an object, got {_kind(value)}"
            return
        for name in sorted(self.required - value.keys()):
            yield join(path, name), "required, and missing"
        for name, item in value.items():
            if name.startswith("__"):
                continue  # the engine's and the bridge's own notes
            if name not in self.properties:
                close = difflib.get_close_matches(name, self.properties, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                yield join(path, name), f"the real provider has no such property{hint}"
            else:
                yield from check(self.properties[name], item, join(path, name))


@dataclass(frozen=True)
class Either:
    """One of several types."""

    kinds: tuple[Spec, ...]

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what is wrong with a value if no type takes it, in the words of the first."""
        failures = [check(kind, value, path) for kind in self.kinds]
        if all(failures):
            yield from failures[0]


Spec = Scalar | Anything | Asset | Many | Object | Either


def check(spec: Spec, value: Any, path: str = "") -> list[Failure]:
    """List everything about a value that the real plugin would refuse; what is not known yet passes."""
    return [] if value is UNKNOWN else list(spec.check(value, path))


def complete(spec: Spec, value: Any, defaults: Mapping[str, Any], path: str = "") -> Any:
    """Add to a value that passed `check` the inputs that are not given, and a note of them in each object, DEFAULTS.

    `defaults` has the general path of each, `ports.protocol`.
    """
    if isinstance(spec, Many) and isinstance(value, (list, dict)):
        items = {key: complete(spec.item, item, defaults, path) for key, item in _items(value)}
        return list(items.values()) if spec.type is list else items
    if not isinstance(spec, Object) or not isinstance(value, dict):
        return value
    places = {name: f"{path}.{name}" if path else name for name in spec.properties}
    added = {name: defaults[place] for name, place in places.items() if place in defaults and name not in value}
    given = {name: complete(spec.properties[name], item, defaults, places[name]) for name, item in value.items()}
    return {**given, **added, DEFAULTS: sorted(added)}


def without_notes(value: Any) -> Any:
    """Return a value as the program would have written it, defaults included, without the notes of them."""
    if isinstance(value, dict):
        return {key: without_notes(item) for key, item in value.items() if key != DEFAULTS}
    return [without_notes(item) for item in value] if isinstance(value, list) else value


def join(path: str, key: str | int) -> str:
    """Extend a property path in Pulumi's notation."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not key.replace("_", "").replace("-", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    return enumerate(value) if isinstance(value, list) else value.items()


def _kind(value: Any) -> str:
    """Name a value's type without showing the value, which may be a secret."""
    kinds = {dict: "an object", list: "a list", type(None): "nothing", **SCALARS}
    return kinds.get(type(value), type(value).__name__)
