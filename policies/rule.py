"""What a rule is: a sentence about resources, who says so, how to mend it, and the check itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyComplianceFramework, Severity
from pulumi_policy.proxy import UnknownValueError

from policies.defaults import without_defaults

Inputs = Mapping[str, Any]
Limits = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource as the program declares it; reading a value that is not known yet raises UnknownValueError."""

    type: str
    name: str
    urn: str
    inputs: Inputs
    protect: bool = False
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """URNs of the resources whose outputs are in an input; known to stack rules only."""

    @cached_property
    def given(self) -> Resource:
        """The resource without the defaults that the provider filled in."""
        return replace(self, inputs=without_defaults(self.type, self.inputs))


@dataclass(frozen=True)
class Stack:
    """All resources that the program declares."""

    resources: Sequence[Resource]

    @cached_property
    def given(self) -> Stack:
        """The stack without the defaults that the providers filled in."""
        return Stack([resource.given for resource in self.resources])

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of these types."""
        return [resource for resource in self.resources if resource.type in types]

    def companions(self, subject: Resource, type_: str, link: str, key: str) -> list[Resource]:
        """Return the resources of a type whose input `link` is an output of the subject, or equals its input `key`."""
        return [resource for resource in self.of(type_) if _links_to(resource, link, subject, key)]


def _links_to(resource: Resource, link: str, subject: Resource, key: str) -> bool:
    if subject.urn in resource.refers.get(link, ()):
        return True
    try:
        text = read(resource.inputs, link)
        return text is not None and text == read(subject.inputs, key)
    except UnknownValueError:
        return False


@dataclass(frozen=True)
class Limit:
    """A number or text that a stack's configuration of the pack may change."""

    default: Any
    says: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the catalogue, the findings and the engine show of a rule."""

    id: str
    sentence: str
    severity: Severity
    framework: PolicyComplianceFramework
    url: str
    mend: str
    """What to write instead, in the imperative."""
    level: EnforcementLevel = EnforcementLevel.MANDATORY
    limits: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """Judges a resource by itself, before it is created or changed."""

    judges: Callable[[Resource], bool]
    check: Callable[[Resource, Limits], Iterator[str]]
    """Yields what is wrong: where, and never a value that may be secret."""


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """Judges a resource together with the other resources of its stack."""

    judges: Callable[[Resource], bool]
    check: Callable[[Resource, Stack, Limits], Iterator[str]]


def of_type(*types: str) -> Callable[[Resource], bool]:
    """Return the predicate whether a resource has one of these types."""
    return lambda resource: resource.type in types


def read(inputs: Any, *path: str | int) -> Any:
    """Return the value at a path of inputs, None where there is none; UnknownValueError where it is not known yet."""
    for key in path:
        if isinstance(key, str):
            if inputs is None:
                return None
            if not isinstance(inputs, Mapping):
                raise TypeError(f"{key} is read of what is no object")
            inputs = inputs.get(key)
        else:
            inputs = inputs[key]
    return inputs


def items(inputs: Any, *path: str | int) -> Iterator[Any]:
    """Yield the items of the list at a path, nothing where there is none."""
    value = read(inputs, *path)
    if value is None:
        return
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise TypeError(f"{path} is no list")
    yield from value
