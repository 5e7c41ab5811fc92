"""The command `neurmatic`, as a person at a shell and a script meet it."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from operations import cli
from tests.engine import ROOT
from tests.some import some

PULUMI = re.compile(r"^(pulumi|pydantic|policies|settings)", re.MULTILINE)


def neurmatic(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def verbs(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from verbs(command, *path, name)


@pytest.mark.parametrize("verb", [(), *verbs(cli.neurmatic)], ids=" ".join)
def test_every_verb_says_what_it_does_without_loading_what_does_it(verb: tuple[str, ...]) -> None:
    script = "import sys; from operations.cli import main; code = main(sys.argv[1:]); print(*sys.modules, sep='\\n')"

    helped = subprocess.run(
        [sys.executable, "-c", script, *verb, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert helped.stdout.startswith(f"Usage: {' '.join(['neurmatic', *verb])} ")
    assert not PULUMI.search(helped.stdout.partition("Show this message and exit.")[2])


@pytest.mark.parametrize("verb", [verb for verb in verbs(cli.neurmatic) if verb != ("secrets",)], ids=" ".join)
def test_every_verb_shows_examples_that_can_be_typed(verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([*verb, "--help"])
    examples = re.findall(r"^ +neurmatic ([^#<|\n]+)", capsys.readouterr().out, re.MULTILINE)

    for example in some(examples):
        words = example.split()
        assert words[: len(verb)] == list(verb)
        command: click.Command = cli.neurmatic
        for name in some(verb):
            assert isinstance(command, click.Group)
            command = command.commands[name]
        command.make_context(" ".join(verb), words[len(verb) :])  # parses, and raises what it refuses


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audits"], "No such command 'audits'"),
        (["audit"], "Missing option '--stack'"),
        (["audit", "--stack"], "requires an argument"),
        (["secrets"], "Usage: neurmatic secrets"),
        (["secrets", "rotate", "--stack", "production"], "Missing argument 'NAME...'"),
        (["expiring", "--stack", "production", "--within", "soon"], "write it as 60d"),
        (["images", "--stack", "production", "--update", "databse"], "databse is none of "),
        (["images", "--stack", "production", "--json", "--release", "v1"], "exclude each other"),
        (["preview", "--stack", "production", "--report", __file__], "is a file"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.delenv("PULUMI_STACK", raising=False)

    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_the_stack_of_pulumis_own_variable_is_the_stack(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_STACK", "productoin")

    assert cli.main(["expiring"]) == 2
    assert "did you mean production?" in capsys.readouterr().err


def test_the_verdict_of_a_preview_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused = {("production", tmp_path): 1}
    monkeypatch.setattr("operations.preview.commands.preview", lambda stack, report: refused.get((stack, report), 0))

    assert cli.main(["preview", "--stack", "production", "--report", str(tmp_path)]) == 1
    assert cli.main(["preview", "--stack", "production"]) == 0


def test_the_package_is_the_same_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["operations", "rules", "nothing-like-this"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("operations", run_name="__main__")

    assert ended.value.code == 1
    assert "0 rules" in capsys.readouterr().out


def test_who_has_read_enough_ends_it_quietly() -> None:
    piped = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m operations rules | head -1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert piped.stderr == ""
    assert len(piped.stdout.splitlines()) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_verbs_and_options(shell: str) -> None:
    words = {"COMP_WORDS": "neurmatic secrets ro", "COMP_CWORD": "2"}

    source = neurmatic(_NEURMATIC_COMPLETE=f"{shell}_source")
    completed = neurmatic(_NEURMATIC_COMPLETE=f"{shell}_complete", **words)

    assert "neurmatic" in source.stdout
    assert "rotate" in completed.stdout
