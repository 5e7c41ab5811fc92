"""What the real program declares, as the policies see it, in a form that a test may change."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy.proxy import unknown_checking_proxy

from policies.rule import Resource, Stack
from tests.engine import Declared


@dataclass
class Declaration:
    """One resource with inputs that may be changed in place."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool = False
    refers: dict[str, frozenset[str]] = field(default_factory=dict)
    urn: str = ""

    def judged(self) -> Resource:
        """Return it as the rules see it."""
        inputs = unknown_checking_proxy(self.inputs)
        return Resource(self.type, self.name, self.urn or f"urn::{self.name}", inputs, self.protect, self.refers)


class Program:
    """All declarations of a stack, by logical name."""

    def __init__(self, declarations: Sequence[Declaration]) -> None:
        self.declarations = list(declarations)

    def __getitem__(self, name: str) -> Declaration:
        """Return the one declaration of this name that a provider makes."""
        (found,) = (each for each in self.declarations if each.name == name and not each.type.startswith("infra:"))
        return found

    def remove(self, name: str) -> None:
        """Leave a resource out."""
        self.declarations.remove(self[name])

    def add(self, declaration: Declaration) -> None:
        """Declare one more."""
        self.declarations.append(declaration)

    def copy(self) -> Program:
        """Return one that may be changed."""
        return Program(pickle.loads(pickle.dumps(self.declarations)))  # noqa: S301  our own; deepcopy takes ten times as long

    def stack(self) -> Stack:
        """Return it as the rules see it."""
        return Stack([each.judged() for each in self.declarations])


Change = Callable[[Program], None]


def put(name: str, *path: str | int, value: Any) -> Change:
    """Return the change that sets one input."""

    def change(program: Program) -> None:
        *parents, last = path
        at: Any = program[name].inputs
        for key in parents:
            at = at[key]
        at[last] = value

    return change


def without(name: str, *path: str | int) -> Change:
    """Return the change that leaves one input out."""

    def change(program: Program) -> None:
        *parents, last = path
        at: Any = program[name].inputs
        for key in parents:
            at = at[key]
        del at[last]

    return change


def text(name: str, key: str, old: str, new: str) -> Change:
    """Return the change that replaces a part of a text, which has to be there."""

    def change(program: Program) -> None:
        inputs = program[name].inputs
        assert old in inputs[key], f"{name}.{key} has no {old!r}"
        inputs[key] = inputs[key].replace(old, new)

    return change


def removed(name: str) -> Change:
    """Return the change that leaves a resource out."""
    return lambda program: program.remove(name)


def program(declared: Declared) -> Program:
    """Return what a run on the mock engine declared."""
    return Program(
        [
            Declaration(
                each.type,
                each.name,
                each.inputs,
                each.request.protect,
                {key: frozenset(found.urns) for key, found in each.request.propertyDependencies.items()},
                each.urn,
            )
            for each in declared.resources
        ]
    )
