"""What a real plugin accepts, read off the argument classes of its own SDK: names, types and what is required."""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, reduce
from pathlib import Path
from typing import Any, ForwardRef, Union, get_args, get_origin

import pulumi

from sandbox.providers.schema_cache import cached
from sandbox.providers.wire import UNKNOWN, is_asset

Failure = tuple[str, str]
"""A property path as Pulumi writes it (`ports[0].internal`) and what is wrong there."""

_THIS = Path(__file__)
DEFAULTS = "__defaults"
"""The bridge's note, in each object of the inputs, of what it added itself."""

_SCALARS: dict[object, str] = {str: "a string", bool: "a boolean", int: "an integer", float: "a number"}


@dataclass(frozen=True)
class Scalar:
    """A string, boolean, integer or number; an enumeration lists its values."""

    type: type
    values: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> Iterator[Failure]:
        """Yield what is wrong with a value."""
        if not self._fits(value):
            yield path, f"expected {_SCALARS[self.type]}, got {_kind(value)}"
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


@cache
def arguments(location: str) -> Object:
    """Return the inputs of `package.module:ClassArgs`, importing the package at the first use of its version."""
    return cached(location, _THIS, lambda: _object(_attribute(location)))


@cache
def parameters(location: str) -> Object:
    """Return the arguments of a provider function, `package.module:get_something_output`."""
    return cached(location, _THIS, lambda: _signature(_attribute(location)))


def join(path: str, key: str | int) -> str:
    """Extend a property path in Pulumi's notation."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not key.replace("_", "").replace("-", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _attribute(location: str) -> Any:
    module, _, name = location.partition(":")
    return getattr(importlib.import_module(module), name)


def _signature(function: Any) -> Object:
    hints = {_camel(key): hint for key, hint in function.__annotations__.items() if key not in ("opts", "return")}
    required = frozenset(key for key, hint in hints.items() if not _optional(hint))
    return Object({key: _spec(hint, function.__module__) for key, hint in hints.items()}, required)


def _object(cls: type[object]) -> Object:
    initial = inspect.signature(cls).parameters
    getters = {name: vars(cls)[name].fget for name in initial if isinstance(vars(cls).get(name), property)}
    names = {name: getter._pulumi_name for name, getter in getters.items()}
    required = frozenset(names[name] for name in names if initial[name].default is inspect.Parameter.empty)
    return Object({names[name]: _spec(initial[name].annotation, cls.__module__) for name in names}, required)


def _spec(hint: Any, module: str) -> Spec:
    """Translate an annotation of the SDK, as `pulumi.Input[Optional['ServiceAuthArgs']]`, to a type."""
    if isinstance(hint, str | ForwardRef):
        name, *attributes = (hint if isinstance(hint, str) else hint.__forward_arg__).split(".")
        hint = reduce(getattr, attributes, vars(sys.modules[module])[name])
    if get_origin(hint) is Union:
        kinds = [kind for kind in get_args(hint) if not _wrapper(kind)]
        objects = [kind for kind in kinds if isinstance(kind, ForwardRef)]
        enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
        # of `Union[XArgs, XArgsDict]` the class, of `Union[str, SomeEnum]` the open string
        plain = [kind for kind in kinds if kind not in [*objects, *enums]]
        if objects and plain:
            return Either(tuple(_spec(kind, module) for kind in (*plain, *objects)))
        return _spec((objects or plain or enums)[0], module)
    if get_origin(hint) is not None:
        container = list if issubclass(get_origin(hint), Sequence) else dict
        return Many(container, _spec(get_args(hint)[-1], module))
    if hint in _SCALARS:
        return Scalar(hint)
    if hint is Any or not isinstance(hint, type):
        return Anything()
    if issubclass(hint, Enum):
        return Scalar(str, tuple(str(member.value) for member in hint))
    if issubclass(hint, pulumi.Asset | pulumi.Archive):
        return Asset()
    return _object(hint)


def _wrapper(hint: Any) -> bool:
    """Say whether this is one of the forms in which an input may come, rather than its type."""
    if hint is type(None):
        return True
    if isinstance(hint, ForwardRef):
        return hint.__forward_arg__.startswith("Output[") or hint.__forward_arg__.endswith("ArgsDict")
    return getattr(get_origin(hint), "__name__", "") in ("Awaitable", "Output")


def _optional(hint: Any) -> bool:
    return any(kind is type(None) or _optional(kind) for kind in get_args(hint))


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    return enumerate(value) if isinstance(value, list) else value.items()


def _kind(value: Any) -> str:
    """Name a value's type without showing the value, which may be a secret."""
    kinds = {dict: "an object", list: "a list", type(None): "nothing", **_SCALARS}
    return kinds.get(type(value), type(value).__name__)
