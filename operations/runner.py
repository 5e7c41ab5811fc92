"""Runs `pulumi`: secrets go in by standard input, never as arguments, and errors say how to mend them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from operations.errors import OperationError
from policies.waivers import PURPOSE

ROOT = Path(__file__).resolve().parent.parent
REHEARSAL = {PURPOSE: "rehearsal"}
"""The environment for a stack that serves nobody: the policies report expired waivers and do not refuse them."""

# Every connection has its key from the settings, but the command plugin connects to the agent all the same and fails
# where none answers (pulumi-command, provider/pkg/provider/remote/connection.go).
AGENT = "SSH_AUTH_SOCK"

_UNLOCK = "export PULUMI_CONFIG_PASSPHRASE_FILE=…, the file with this stack's passphrase (lost: docs/secrets.md)"
_CONFIGURE = "mend policy-config.STACK.json, for which docs/policies.md has an example"
# How to mend what pulumi's message contains.
_MENDS = {
    "enforcement level": f"{_CONFIGURE}; the levels are mandatory, advisory and disabled",
    "JSON input": f"{_CONFIGURE}: it is no JSON",
    "invalid character": f"{_CONFIGURE}: it is no JSON",
    "incorrect passphrase": _UNLOCK,
    "passphrase must be set": _UNLOCK,
    "PULUMI_CONFIG_PASSPHRASE_FILE": _UNLOCK,
    "no stack named": "pulumi stack ls shows the stacks of this backend; pulumi stack init STACK makes one",
    "must be set for login": 'pulumi login where the state is kept; for the sandbox: eval "$(make -s env)"',
    "unable to open bucket": 'pulumi login where the state is kept; for the sandbox: eval "$(make -s env)"',
    "could not decrypt": "a value was encrypted with another passphrase or salt: take the stack's file back from git",
}


def pulumi(arguments: Sequence[str], *, stdin: str = "") -> str:
    """Run `pulumi` and return its output; raises OperationError when it fails."""
    done = run(["pulumi", *arguments, "--non-interactive"], stdin=stdin)
    if done.returncode:
        raise failure(arguments, done.stderr)
    return done.stdout


def pack(stack: str) -> list[str]:
    """Return the arguments for the policy pack and the stack's configuration of it."""
    config = pack_config(stack)
    return ["--policy-pack", "policies", *(["--policy-pack-config", config.name] if config.exists() else [])]


def pack_config(stack: str) -> Path:
    """Return the path of a stack's policy pack configuration, which need not exist."""
    return ROOT / f"policy-config.{short(stack)}.json"


def short(stack: str) -> str:
    """Return a stack's name without its organization and project."""
    return stack.rpartition("/")[2]


def run(
    argv: Sequence[str], *, stdin: str = "", environment: Mapping[str, str] | None = None, directory: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a program, whatever it exits with; raises OperationError when it is not installed."""
    environment = os.environ if environment is None else environment
    variables = {name: value for name, value in environment.items() if name != AGENT}
    try:
        return subprocess.run(
            argv, cwd=directory, env=variables, input=stdin, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        mend = 'install it (pulumi.com/docs/install); the sandbox has one of its own: eval "$(make -s env)"'
        raise OperationError(f"there is no {argv[0]} on PATH", mend) from error


def failure(arguments: Sequence[str], message: str) -> OperationError:
    """Return the error for a `pulumi` that changed nothing; only its first two arguments are shown."""
    message = message.strip().removeprefix("error: ")
    mend = next((mend for words, mend in _MENDS.items() if words in message), "put right what it says")
    return OperationError(f"pulumi {' '.join(arguments[:2])}: {message}; nothing was changed", mend)
