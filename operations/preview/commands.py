"""`neurmatic preview`: what `pulumi up` would do, judged by the policies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from operations import clock
from operations.expiring import ending, noted
from operations.preview import markdown, plan, sarif, terminal
from operations.runner import failure, pack, pack_config, run, short
from policies import configuration
from policies.pack import ABOUT_WAIVERS
from policies.rules import RULES


def preview(  # pragma: no cover  tests/stories/test_preview.py: the engine
    stack: str, environment: Mapping[str, str] = os.environ, report: Path | None = None
) -> int:
    """Preview a stack with the policy pack, print the summary, and return 1 when it must not be deployed, else 0.

    Raises OperationError when the policies did not run: no login, stack or passphrase, or a pack that does not start.
    """
    if report:
        remove(report, stack)
    arguments = ["preview", "--stack", stack, *pack(stack), "--json", "--non-interactive"]
    streaming = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    done = run(["pulumi", *arguments], environment={**environment, **streaming})
    judged_plan = plan.read(events(done.stdout), short(stack))
    if not judged_plan.verdict.rules:
        raise failure(arguments, "\n".join(judged_plan.errors) or done.stderr or done.stdout)
    # The engine has already validated this configuration.
    lowered = configuration.lowered((*RULES, *ABOUT_WAIVERS), configuration.load(pack_config(stack)))
    today = clock.today()
    expiring = ending.line(noted.endings(stack, today, environment), today)
    judged_plan = replace(judged_plan, lowered=tuple(lowered), expiring=expiring)
    if report:
        write(judged_plan, report)
    click.echo(terminal.summary(judged_plan))
    return 1 if done.returncode or judged_plan.refused else 0


def write(judged_plan: plan.Plan, directory: Path) -> None:
    """Write a plan's reports: Markdown, SARIF and JSON."""
    directory.mkdir(parents=True, exist_ok=True)
    for suffix, render in _FORMS.items():
        (directory / f"{judged_plan.stack}.{suffix}").write_text(render(judged_plan))


def remove(directory: Path, stack: str) -> None:
    """Remove the reports of an earlier preview, so that none is read when this one fails."""
    for suffix in _FORMS:
        (directory / f"{short(stack)}.{suffix}").unlink(missing_ok=True)


def events(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the engine's events in its output, skipping other lines."""
    for line in text.splitlines():
        with suppress(ValueError):
            if isinstance(event := json.loads(line), dict):
                yield event


def plain(judged_plan: plan.Plan) -> dict[str, Any]:
    """Return a plan for JSON."""
    verdict = judged_plan.verdict
    return {
        "stack": judged_plan.stack,
        "refused": judged_plan.refused,
        "summary": [judged_plan.line, verdict.line],
        "expiring": judged_plan.expiring,
        "policies": {
            "rules": sorted(verdict.rules),
            "resources": sorted(verdict.resources),
            "lowered": list(judged_plan.lowered),
            "findings": [asdict(finding) for finding in verdict.findings],
        },
        "unchanged": judged_plan.unchanged,
        "steps": [asdict(step) | {"loses": step.loses} for step in judged_plan.steps],
        "errors": list(judged_plan.errors),
    }


_FORMS: dict[str, Callable[[plan.Plan], str]] = {
    "md": markdown.render,
    "sarif": lambda judged_plan: json.dumps(sarif.render(judged_plan.stack, judged_plan.verdict), indent=2),
    "json": lambda judged_plan: json.dumps(plain(judged_plan), indent=2),
}
