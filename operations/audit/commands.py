"""`neurmatic audit`: a stack's state and its running host, judged by the policies."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from operations import clock
from operations.audit import host
from operations.audit.host_findings import UNDECLARED, Found, Verdict, judged
from operations.preview import verdict as preview
from operations.preview.commands import events
from operations.preview.terminal import told
from operations.runner import ROOT, failure, pack, pack_config, run
from policies import configuration, waivers
from policies.host_rules import EVERY_RULE


def audit(stack: str, *, as_json: bool = False) -> int:
    """Judge the state, ask the host and judge what it tells, print what is wrong; return 0, or 1 if that must not stay.

    Raises OperationError when the host, its Docker or the stack's state cannot be asked.
    """
    state = _of_state(stack)
    facts = host.facts(host.of_stack(stack))
    ids = [rule.id for rule in EVERY_RULE]
    kept = waivers.load(ROOT / waivers.FILE, ids, clock.today(), waivers.purpose(os.environ))
    verdict = judged(facts, host.declared(stack), stack, kept, configuration.load(pack_config(stack)))
    sys.stdout.write(f"{_json(verdict, state) if as_json else _text(verdict, state)}\n")
    return 1 if verdict.failed or state.of("mandatory") else 0


def _of_state(stack: str) -> preview.Verdict:
    """Return what the policy pack says of the state, values that no preview knew included; no provider is asked."""
    arguments = ["policy", "analyze", "--stack", stack, *pack(stack), "--json", "--non-interactive"]
    done = run(["pulumi", *arguments])
    said = list(events(done.stdout))
    found = preview.read(said)
    if not any("summaryEvent" in event for event in said) or (done.returncode and not found.findings):
        raise failure(arguments, done.stderr or done.stdout)
    return found


def _text(verdict: Verdict, state: preview.Verdict) -> str:
    """Return what is wrong, the worst first, what is waived, and one line that counts everything."""
    ranked = sorted(verdict.found, key=lambda each: (not each.fails, each.waiver is not None, each.rule.id))
    lines = [told(each) for level in preview.LEVELS for each in state.of(level)]
    lines += [line for each in ranked for line in _lines(each)]
    lines += [f"!! {fault}" for fault in verdict.faults]
    lines.append(f"state of {verdict.stack}: {state.counts}")
    lines += [f"not judged, because nothing declares it: {', '.join(UNDECLARED)}"]
    waived = sum(each.waiver is not None for each in verdict.found)
    counted = f"{verdict.rules} rules, {verdict.judged} containers and services"
    return "\n".join([*lines, f"audit of {verdict.stack}: {counted}, {waived} waived, {verdict.failed} failed"])


def _lines(found: Found) -> list[str]:
    where = found.resource if found.at in (found.resource, f"container {found.resource}") else found.at
    if where != found.resource and found.resource != "host":
        where = f"{found.resource} ({where})"
    told = f"{found.rule.id}: {where}: {found.text}"
    if found.waiver:
        return [f"waived until {found.waiver.expires} by {found.waiver.owner}: {told}: {found.waiver.reason}"]
    return [f"!! {found.rule.level.value} {told}", f"   mend: {found.rule.mend}"]


def _json(verdict: Verdict, state: preview.Verdict) -> str:
    records: list[dict[str, Any]] = [
        {
            "rule": each.rule,
            "level": each.level,
            "resource": each.resource,
            "at": "state",
            "text": each.text,
            "mend": each.mend,
            "fails": each.level == "mandatory",
        }
        for each in state.findings
    ]
    records += [
        {
            "rule": each.rule.id,
            "level": each.rule.level.value,
            "severity": each.rule.severity.value,
            "resource": each.resource,
            "at": each.at,
            "text": each.text,
            "mend": each.rule.mend,
            "url": each.rule.url,
            "waived_until": each.waiver.expires.isoformat() if each.waiver else None,
            "fails": each.fails,
        }
        for each in verdict.found
    ]
    records += [{"rule": "waivers-hold", "level": "mandatory", "text": each, "fails": True} for each in verdict.faults]
    return json.dumps(records, indent=2)
