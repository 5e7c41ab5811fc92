"""Imports go one way: settings -> components -> __main__; the policies know nothing of ours."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.engine import ROOT
from tests.some import some

MAY_IMPORT: dict[str, set[str]] = {
    "settings": {"settings"},
    "components": {"settings", "components"},
    "policies": {"policies"},
    "operations": {"settings", "policies", "operations"},
    "standins": {"operations", "standins"},
    "sandbox": {"settings", "operations", "standins", "sandbox"},
    "bench": {"operations", "sandbox"},
    "checks": {"operations", "sandbox", "checks"},
    "__main__": {"settings", "components"},
}


OURS = {*MAY_IMPORT, "tests"}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_what_lies_before_it(layer: str) -> None:
    single = ROOT / f"{layer}.py"
    files = [single] if single.exists() else (ROOT / layer).rglob("*.py")

    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.partition(".")[0] in OURS - MAY_IMPORT[layer]
    }

    assert not wrong


def test_no_module_needs_one_that_needs_it_not_even_for_its_types() -> None:
    files = [file for layer in MAY_IMPORT for file in (ROOT / layer).rglob("*.py")]
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}
    needs = {module: {name for name in _named(file) if name in modules} for module, file in some(modules.items())}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def _named(file: Path) -> Iterator[str]:
    """Yield every module that a file may import: of `from a import b`, b is one or something in a."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("word", ["pulumi.Config", "get_stack", "pulumi.export", "os.environ"])
def test_components_are_told_everything_by_their_arguments(word: str) -> None:
    assert [file.name for file in some((ROOT / "components").rglob("*.py")) if word in file.read_text()] == []


def test_the_program_reads_as_a_map() -> None:
    text = (ROOT / "__main__.py").read_text()

    assert len(text.splitlines()) <= 60
    assert not [node for node in some(ast.walk(ast.parse(text))) if isinstance(node, ast.If | ast.IfExp | ast.For)]
