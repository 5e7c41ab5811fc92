"""What the stories do to the sandbox: as its owner on the command line and over SSH, and as its visitors."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import urllib3
import yaml

from sandbox.box import shell
from sandbox.clone import ROOT, Clone
from sandbox.stack import Stack
from sandbox.visitor import Visitor
from tests.stories.renewal import renew

# A hang ends, and slowness does not: the longest of all, the page on going live, takes 5 minutes on two idle cores.
DEADLINE_SECONDS = 3600
REMOVED = object()
"""In place of a setting's value: the setting is left out."""


@dataclass(frozen=True)
class World:
    """A clone whose sandbox is up."""

    clone: Clone

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.clone)

    @property
    def stack(self) -> Stack:
        return Stack(self.clone)

    def make(self, target: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Do what `make TARGET` does in this clone."""
        return run([sys.executable, "-m", "sandbox", *target.split()], self.clone.root, **variables)

    def pulumi(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the ordinary `pulumi` as in a shell after `eval "$(make -s env)"`."""
        return run(
            ["pulumi", *arguments, "--non-interactive"],
            self.clone.root,
            **{**self.stack.environment(), **variables},
        )

    def operations(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `neurmatic COMMAND` on the stack as in a shell after `eval "$(make -s env)"`."""
        command, *rest = arguments
        argv = [sys.executable, "-m", "operations", command, "--stack", self.stack.name, *rest]
        return run(argv, self.clone.root, **{**self.stack.environment(), **variables})

    def reconfigured(self, folder: Path, *changes: tuple[str, Any]) -> str:
        """Return the path of a copy of the stack's configuration in which settings are different, or REMOVED."""
        document = yaml.safe_load(self.stack.config_file.read_text())
        for path, value in changes:
            section, *keys = path.split(".")
            target = document["config"]
            for key in (f"neurmatic:{section}", *keys)[:-1]:
                target = target[key]
            last = keys[-1] if keys else f"neurmatic:{section}"
            if value is REMOVED:
                del target[last]
            else:
                target[last] = value
        copy = folder / self.stack.config_file.name
        copy.write_text(yaml.safe_dump(document))
        return str(copy)

    def on_box(self, command: str) -> str:
        """Run a shell command on the VPS over SSH; it has to succeed."""
        done = run([*shell.ssh(self.clone), command], self.clone.root)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def containers(self, name: str) -> list[str]:
        """Return the ids of the running containers on the VPS whose name begins so."""
        return self.on_box(f"docker ps --quiet --no-trunc --filter name=^{name}").split()

    def health(self) -> dict[str, Any]:
        """Return the platform's health, or an empty object while nothing answers in its form."""
        try:
            return self.visitor.health()
        except (urllib3.exceptions.HTTPError, ValueError):
            return {}

    def wait_for(self, status: str) -> float:
        """Wait until the platform says that it is in this state, and return how many seconds it took."""
        return wait_until(f"the platform is {status}", lambda: self.health().get("status") == status)


def copied(directory: Path) -> Clone:
    """Return a clone of its own in this directory, with all files as they are here, committed or not.

    Its waivers were decided today: on which day a story runs is no matter of the story's.
    """
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], ROOT)
    for name in filter(lambda name: (ROOT / name).exists(), listed.stdout.splitlines()):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, directory / name)
    renew(directory)
    return Clone(directory)


def run(argv: list[str], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a process to its end and return what it printed."""
    return subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def wait_until(event: str, happened: Callable[[], bool]) -> float:
    """Wait for an event, and return how many seconds it took."""
    started = monotonic()
    while not happened():
        assert monotonic() - started < DEADLINE_SECONDS, f"not within {DEADLINE_SECONDS} s: {event}"
        sleep(0.25)
    return monotonic() - started


def changes(output: str) -> set[str]:
    """Return the kinds of change that are counted at the end: {"to create", "unchanged"}."""
    counted = output.rpartition("Resources:")[2]
    return set(re.findall(r"^\s+(?:[~+-]+ )?\d+ ((?:to )?\w+)$", counted, re.MULTILINE))
