"""Reads off a real provider's own SDK what its plugin accepts."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Sequence
from enum import Enum
from functools import reduce
from typing import Any, ForwardRef, Union, get_args, get_origin

import pulumi

from standins.provider.schema import SCALARS, Anything, Asset, Either, Many, Object, Scalar, Spec


def read(location: str) -> Object:
    """Return the inputs of `package.module:ClassArgs`, or the arguments of `package.module:get_something_output`."""
    module, _, name = location.partition(":")
    declared = getattr(importlib.import_module(module), name)
    return _arguments(declared) if isinstance(declared, type) else _signature(declared)


def _signature(function: Any) -> Object:
    hints = {_camel(key): hint for key, hint in function.__annotations__.items() if key not in ("opts", "return")}
    required = frozenset(key for key, hint in hints.items() if not _optional(hint))
    return Object({key: _spec(hint, function.__module__) for key, hint in hints.items()}, required)


def _arguments(cls: type[object]) -> Object:
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
    if hint in SCALARS:
        return Scalar(hint)
    if hint is Any or not isinstance(hint, type):
        return Anything()
    if issubclass(hint, Enum):
        return Scalar(str, tuple(str(member.value) for member in hint))
    if issubclass(hint, pulumi.Asset | pulumi.Archive):
        return Asset()
    return _arguments(hint)


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
