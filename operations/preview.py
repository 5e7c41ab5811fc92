"""`python -m operations preview`: what `pulumi up` would do, judged by the policies."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from operations import plan
from operations.runner import failure, run


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser("preview", help="what `pulumi up` would do, judged by the policies, in a summary")
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda arguments: preview(arguments.stack))


def preview(stack: str, environment: Mapping[str, str] = os.environ) -> int:
    """Preview a stack with the policy pack, print the summary, and return 0, or 1 where it must not be deployed.

    Raises OperationError when the preview does not even begin: no login, no stack, no passphrase.
    """
    arguments = ["preview", "--stack", stack, "--policy-pack", "policies", "--json", "--non-interactive"]
    streaming = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    done = run(["pulumi", *arguments], environment={**environment, **streaming})
    found = plan.read(_events(done.stdout), stack)
    if done.returncode and not found.judged:
        raise failure(arguments, "\n".join(found.errors) or done.stderr or done.stdout)
    sys.stdout.write(f"{plan.summary(found)}\n")
    return 1 if done.returncode or found.refused else 0


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the events; whatever else is printed between them is none."""
    for line in text.splitlines():
        with suppress(ValueError):
            if isinstance(event := json.loads(line), dict):
                yield event
