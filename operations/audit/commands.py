"""`neurmatic audit`: judges a stack's state and its running host by the policies."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from operations import clock
from operations.audit import host
from operations.audit.host_findings import UNDECLARED, Finding, Verdict, judged
from operations.preview import verdict as preview
from operations.preview.commands import events
from operations.preview.terminal import finding_line
from operations.runner import ROOT, failure, pack, pack_config, run
from policies import configuration, waivers
from policies.host_rules import EVERY_RULE


def audit(stack: str, *, as_json: bool = False) -> int:
    """Judge the state and the host, print the findings, and return 1 when one of them fails the audit, else 0.

    Raises OperationError when the host, its Docker or the stack's state cannot be read.
    """
    state = _judged_state(stack)
    facts = host.facts(host.of_stack(stack))
    ids = [rule.id for rule in EVERY_RULE]
    loaded = waivers.load(ROOT / waivers.FILE, ids, clock.today(), waivers.purpose(os.environ))
    verdict = judged(facts, host.declared(stack), stack, loaded, configuration.load(pack_config(stack)))
    click.echo(_json(verdict, state) if as_json else _text(verdict, state))
    return 1 if verdict.failed or state.of("mandatory") else 0


def _judged_state(stack: str) -> preview.Verdict:
    """Return the policy pack's verdict on the state, which holds values that no preview knows; asks no provider."""
    arguments = ["policy", "analyze", "--stack", stack, *pack(stack), "--json", "--non-interactive"]
    done = run(["pulumi", *arguments])
    printed = list(events(done.stdout))
    verdict = preview.read(printed)
    if not any("summaryEvent" in event for event in printed) or (done.returncode and not verdict.findings):
        raise failure(arguments, done.stderr or done.stdout)
    return verdict


def _text(verdict: Verdict, state: preview.Verdict) -> str:
    """Return the findings, the worst first, and lines that count them."""
    ranked = sorted(verdict.findings, key=lambda finding: (not finding.fails, bool(finding.waiver), finding.rule.id))
    lines = [finding_line(finding) for level in preview.LEVELS for finding in state.of(level)]
    lines += [line for finding in ranked for line in _lines(finding)]
    lines += [f"!! {fault}" for fault in verdict.faults]
    lines.append(f"state of {verdict.stack}: {state.counts}")
    lines.append(f"not judged, because nothing declares it: {', '.join(UNDECLARED)}")
    waived = sum(finding.waiver is not None for finding in verdict.findings)
    counted = f"{verdict.rules} rules, {verdict.judged} containers and services"
    return "\n".join([*lines, f"audit of {verdict.stack}: {counted}, {waived} waived, {verdict.failed} failed"])


def _lines(finding: Finding) -> list[str]:
    where = finding.resource if finding.at in (finding.resource, f"container {finding.resource}") else finding.at
    if where != finding.resource and finding.resource != "host":
        where = f"{finding.resource} ({where})"
    text = f"{finding.rule.id}: {where}: {finding.text}"
    if waiver := finding.waiver:
        return [f"waived until {waiver.expires} by {waiver.owner}: {text}: {waiver.reason}"]
    return [f"!! {finding.rule.level.value} {text}", f"   mend: {finding.rule.mend}"]


def _json(verdict: Verdict, state: preview.Verdict) -> str:
    records: list[dict[str, Any]] = [
        {
            "rule": finding.rule,
            "level": finding.level,
            "resource": finding.resource,
            "at": "state",
            "text": finding.text,
            "mend": finding.mend,
            "fails": finding.level == "mandatory",
        }
        for finding in state.findings
    ]
    records += [
        {
            "rule": finding.rule.id,
            "level": finding.rule.level.value,
            "severity": finding.rule.severity.value,
            "resource": finding.resource,
            "at": finding.at,
            "text": finding.text,
            "mend": finding.rule.mend,
            "url": finding.rule.url,
            "waived_until": finding.waiver.expires.isoformat() if finding.waiver else None,
            "fails": finding.fails,
        }
        for finding in verdict.findings
    ]
    common = {"rule": "waivers-hold", "level": "mandatory"}
    records += [common | {"text": fault, "fails": True} for fault in verdict.faults]
    return json.dumps(records, indent=2)
