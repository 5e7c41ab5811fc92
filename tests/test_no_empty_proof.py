"""No test passes because there is nothing to look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import ROOT

# What is never empty when what it is made from is not.
KEPT = {"enumerate", "list", "pairwise", "product", "reversed", "set", "sorted", "tuple", "zip"}


@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_said_of_all_is_said_of_something(file: Path) -> None:
    assert [*empty_proofs(file.read_text())] == []


@pytest.mark.parametrize(
    "proof",
    [
        "for name in names: assert name",
        "for name in some(names):\n  if name: assert name",
        "for name in (*names, *names): assert name",
        "assert all(name for name in names)",
        "assert not any(name for name in names)",
        "assert [name for name in names if name] == []",
        "assert set() == {name for name in names if name}",
        "assert not {name for name in sorted(names) if name}",
    ],
)
def test_a_proof_that_may_be_empty_is_seen(proof: str) -> None:
    indented = proof.replace("\n", "\n    ")
    assert [*empty_proofs(f"def test_it(names):\n    {indented}")] != []


@pytest.mark.parametrize(
    "proof",
    [
        "for name in some(names): assert name",
        "for name in ('a', 'b'): assert name",
        "for name, value in sorted(NAMES.items()): assert name",
        "assert all(name for name in some(names))",
        "assert [name for name in NAMES if name] == []",
        "assert names == []",
        "assert any(name for name in names)",
    ],
)
def test_one_that_cannot_be_empty_is_let_pass(proof: str) -> None:
    assert [*empty_proofs(f"def test_it(names):\n    {proof}")] == []


def empty_proofs(text: str) -> Iterator[str]:
    """Yield the assertions of a module's tests that hold when what they go through is empty."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for node in ast.walk(function):
                if _may_prove_nothing(node):
                    yield f"{function.name}: {ast.unparse(node).splitlines()[0]}"


def _may_prove_nothing(node: ast.AST) -> bool:
    if isinstance(node, ast.For):
        sure = [part for part in node.body if not isinstance(part, ast.If)]
        return _asserts(node) and (_may_be_empty(node.iter) or not any(_asserts(part) for part in sure))
    return isinstance(node, ast.Assert) and any(_may_be_empty(iterable) for iterable in _gone_through(node.test))


def _gone_through(test: ast.expr) -> Iterator[ast.expr]:
    """Yield what an expression goes through to say that all of it is so, or none of it."""
    for node in ast.walk(test):
        match node:
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() as parts]):
                yield parts.generators[0].iter
            case ast.UnaryOp(
                op=ast.Not(), operand=ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp() as parts])
            ):
                yield parts.generators[0].iter
            case ast.UnaryOp(op=ast.Not(), operand=ast.ListComp() | ast.SetComp() as parts):
                yield parts.generators[0].iter
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                for side, other in ((left, right), (right, left)):
                    if isinstance(side, ast.ListComp | ast.SetComp | ast.DictComp) and _is_empty(other):
                        yield side.generators[0].iter


def _is_empty(node: ast.expr) -> bool:
    return ast.unparse(node) in ("[]", "()", "{}", "set()")


def _asserts(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Assert) for part in ast.walk(node))


def _may_be_empty(iterable: ast.expr) -> bool:
    match iterable:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(isinstance(part, ast.Starred) and _may_be_empty(part.value) for part in parts)
        case ast.Dict(keys=parts):
            return not parts
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return not name.isupper()
        case ast.Call(func=ast.Name(id="some" | "range")):
            return False
        case ast.Call(func=ast.Name(id=function), args=parts) if function in KEPT:
            return any(_may_be_empty(part) for part in parts)
        case ast.Call(func=ast.Attribute(value=whole, attr="items" | "keys" | "values")):
            return _may_be_empty(whole)
    return True
