"""Nothing that this repository installs is resolved anew: what a lock says is installed, on any day."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.linters import is_dockerfile, is_of_github, is_shell, tracked
from sandbox.venv import LOCKED
from tests.engine import ROOT
from tests.some import some

# What installs, and what must stand in such a command so that it takes the lock as it is.
RULES = {
    r"\bpip3? (.* )?(install|download|wheel)\b": LOCKED,
    r"\bnpm (.* )?(ci|i|install|install-test|add|update|exec|x)\b": ("npm ci", "--ignore-scripts"),
    r"\bgo (build|get|install|list|run|test|tool|vet)\b": ("-mod=readonly",),
    r"\b(npx|yarn|pnpm|bunx?|uvx|pipx|poetry|conda|uv (add|run|sync|tool|pip (install|sync)))\s": ("another tool",),
}
INSTALLERS = re.compile(r"\b(pip3?|npm|go|npx|yarn|pnpm|bunx?|uvx?|pipx|poetry|conda)\b")
# Where one command ends and another begins, in make, sh and a Dockerfile alike.
ENDS = re.compile(r"&&|\|\||[;|]|\n")
# Its texts are examples of what is refused.
THIS_FILE = Path(__file__).relative_to(ROOT)


def test_every_install_takes_its_lock_as_it_is_and_resolves_nothing() -> None:
    installs = [
        (file, command.strip())
        for file in tracked()
        if file != THIS_FILE
        for command in commands(file)
        if any(re.search(rule, command) for rule in RULES)
    ]

    assert [f"{file}: {command}" for file, command in some(installs) if lacking(command)] == []
    assert {file.name for file, _ in installs} >= {"venv.py", "toolchain.py", "Dockerfile"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "lint:\n\t@pip install --require-hashes \\\n\t-r requirements.txt\n"),
        ("Makefile", "lint:\n\tmake check && go install example.com/tool@latest\n"),
        ("Dockerfile", "RUN apt-get update \\\n && /opt/venv/bin/pip install --no-deps flask\n"),
        ("Dockerfile", "RUN cd app; npm install\n"),
        ("Dockerfile", "RUN npm ci\n"),
        ("setup.sh", "npx vite build\n"),
        ("action.yml", "run: |\n  python -m pip --quiet install -r requirements.txt\n"),
        ("tool.py", 'run([python, "-m", "pip", "install", "--require-hashes", "--requirement", lock])'),
        ("tool.py", 'OPTIONS = ("--quiet", "--require-hashes")\nrun([python, "-m", "pip", "install", *OPTIONS])'),
        ("tool.py", 'run(["go", "build", "-o", binary, package])'),
        ("tool.py", 'run("pip install --upgrade pip", shell=True)'),
    ],
)
def test_an_install_that_may_resolve_is_refused_wherever_it_stands(tmp_path: Path, name: str, text: str) -> None:
    (file := tmp_path / name).write_text(text)

    assert [words for command in commands(file) if (words := lacking(command))]


@pytest.mark.parametrize("package", [file for file in tracked() if file.name == "package.json"], ids=str)
def test_a_lock_of_npm_holds_the_checksum_of_every_package_and_the_address_of_no_registry(package: Path) -> None:
    wanted = json.loads(package.read_text())
    locked = json.loads(package.with_name("package-lock.json").read_text())["packages"]
    own = locked.pop("")

    assert all(own.get(kind) == wanted.get(kind) for kind in ("dependencies", "devDependencies"))
    assert [name for name, entry in some(locked.items()) if "integrity" not in entry or "resolved" in entry] == []


def lacking(command: str) -> list[str]:
    """Return what an install lacks to take its lock as it is; nothing for other commands."""
    return [word for rule, words in RULES.items() if re.search(rule, command) for word in words if word not in command]


def commands(file: Path) -> Iterator[str]:
    """Return the commands in a file: in Python its texts and lists of arguments, elsewhere lines for a shell."""
    shell = file.name == "Makefile" or is_dockerfile(file) or is_shell(file) or is_of_github(file)
    if not (shell or file.suffix == ".py") or not INSTALLERS.search(text := file.read_text()):
        return
    if shell:
        yield from ENDS.split(text.replace("\\\n", " "))
    else:
        yield from _in_python(ast.parse(text))


def _in_python(module: ast.Module) -> Iterator[str]:
    constants = {
        f"*{node.targets[0].id}": _joined(node.value, {})
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Tuple)
    }
    documentation = {node.value for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.List | ast.Tuple):
            yield _joined(node, constants)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            yield from ENDS.split(node.value)


def _joined(arguments: ast.List | ast.Tuple, constants: dict[str, str]) -> str:
    """Return arguments as one command; of `*NAME` those of the module's own that it stands for."""
    parts = [
        str(part.value) if isinstance(part, ast.Constant) else constants.get(ast.unparse(part), ast.unparse(part))
        for part in arguments.elts
    ]
    return " ".join(parts)
