"""The one runner of `pulumi`: arguments that hold no value, values on standard input, errors with their mend."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from operations.errors import OperationError
from policies.waivers import PURPOSE

ROOT = Path(__file__).resolve().parent.parent
REHEARSAL = {PURPOSE: "rehearsal"}
"""For a stack that serves nobody: a waiver that has ended is told by the policies, and stops no work."""

# Every connection has its key from the settings. The plugin of `command` asks the agent all the same, and fails where
# nobody answers at its socket (pulumi-command, provider/pkg/provider/remote/connection.go).
AGENT = "SSH_AUTH_SOCK"

_UNLOCK = "export PULUMI_CONFIG_PASSPHRASE_FILE=…, the file with this stack's passphrase (lost: docs/secrets.md)"
_CONFIGURE = "mend policy-config.STACK.json, for which docs/policies.md has an example"
# What pulumi says, and what helps.
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
    """Run `pulumi` to its end and return what it printed; raises OperationError when it fails."""
    done = run(["pulumi", *arguments, "--non-interactive"], stdin=stdin)
    if done.returncode:
        raise failure(arguments, done.stderr)
    return done.stdout


def pack(stack: str) -> list[str]:
    """Return the arguments with which `pulumi` judges a stack: the pack, and the stack's own configuration of it."""
    config = pack_config(stack)
    return ["--policy-pack", "policies", *(["--policy-pack-config", config.name] if config.exists() else [])]


def pack_config(stack: str) -> Path:
    """Return where a stack's configuration of the pack stands, if it has one."""
    return ROOT / f"policy-config.{short(stack)}.json"


def short(stack: str) -> str:
    """Return a stack's name without its organization and project."""
    return stack.rpartition("/")[2]


def run(
    argv: Sequence[str],
    *,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    directory: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a process of the project to its end, whatever it exits with; raises OperationError when there is none."""
    given = os.environ if environment is None else environment
    variables = {name: value for name, value in given.items() if name != AGENT}
    try:
        return subprocess.run(
            argv, cwd=directory, env=variables, input=stdin, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        mend = 'install it (pulumi.com/docs/install); the sandbox has one of its own: eval "$(make -s env)"'
        raise OperationError(f"there is no {argv[0]} on PATH", mend) from error


def failure(arguments: Sequence[str], said: str) -> OperationError:
    """Return what to tell when `pulumi` changed nothing and said why; only the first two arguments are shown."""
    said = said.strip().removeprefix("error: ")
    mend = next((mend for words, mend in _MENDS.items() if words in said), "put right what it says")
    return OperationError(f"pulumi {' '.join(arguments[:2])}: {said}; nothing was changed", mend)
