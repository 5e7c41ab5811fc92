"""What `make preview` does: the sandbox's own stack as it is, another one without any account."""

from __future__ import annotations

from pathlib import Path

from sandbox import plugins
from sandbox.alone import alone
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.stack import Stack
from sandbox.steps import say
from sandbox.throw_away import throw_away
from sandbox.workspace import NAME


def preview(clone: Clone, name: str, report: Path | None = None) -> None:
    """Preview a stack with the policy pack and print the summary: the sandbox's as it is, another without accounts."""
    if name == NAME:
        stack = Stack(clone)
        stack.require_up()
        plugins.refuse_others(stack)
        passed = stack.preview(report)
    else:
        passed = _preview_without_accounts(clone, name, report)
    if not passed:
        raise SandboxError(f"the preview of {name} is refused", "put right what stands above behind !!")


def _preview_without_accounts(clone: Clone, name: str, report: Path | None) -> bool:
    committed = sorted(file.name.split(".")[1] for file in clone.root.glob("Pulumi.*.yaml"))
    if name not in committed:
        raise SandboxError(f"there is no stack {name!r} to preview", f"make preview STACK={'|'.join(committed)}")
    with alone(clone), throw_away(clone, name) as stack:
        say(f"   made up, because no account is asked: {', '.join(stack.made_up)}, every secret")
        return stack.preview(report)
