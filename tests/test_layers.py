"""Imports go one way: settings -> components -> __main__; the policies know nothing of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import ROOT
from tests.some import some

OURS = {"settings", "components", "policies", "operations", "sandbox", "bench", "checks", "tests", "__main__"}
MAY_IMPORT: dict[str, set[str]] = {
    "settings": {"settings"},
    "components": {"settings", "components"},
    "policies": {"policies"},
    "operations": {"settings", "policies", "operations"},
    "sandbox": {"settings", "operations", "sandbox"},
    "bench": {"operations", "sandbox"},
    "checks": {"operations", "sandbox", "checks"},
    "__main__": {"settings", "components"},
}


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


@pytest.mark.parametrize("word", ["pulumi.Config", "get_stack", "pulumi.export", "os.environ"])
def test_components_are_told_everything_by_their_arguments(word: str) -> None:
    assert [file.name for file in some((ROOT / "components").rglob("*.py")) if word in file.read_text()] == []


def test_the_program_reads_as_a_map() -> None:
    text = (ROOT / "__main__.py").read_text()

    assert len(text.splitlines()) <= 75
    assert not [node for node in some(ast.walk(ast.parse(text))) if isinstance(node, ast.If | ast.IfExp | ast.For)]
