"""A plan's findings as SARIF 2.1.0, which code-scanning pages show beside the code."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from operations.preview.verdict import KNOWN, Finding, Verdict
from operations.runner import ROOT
from policies import waivers
from policies.pack import ABOUT_WAIVERS
from policies.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
# How GitHub reads a number as a severity (docs: SARIF support for code scanning, security-severity).
_SCORES = {Severity.LOW: "2.0", Severity.MEDIUM: "5.0", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
_LEVELS = {"mandatory": "error", "advisory": "warning", "waived": "note"}


def render(stack: str, verdict: Verdict) -> dict[str, Any]:
    """Return the log; a waived finding is in it as suppressed."""
    used = [
        KNOWN[rule] for rule in KNOWN if rule in verdict.rules or any(rule == each.rule for each in verdict.findings)
    ]
    driver = {
        "name": "neurmatic-policies",
        "informationUri": "https://github.com/AlexBaum-ai/NEURM",
        "rules": [_rule(rule) for rule in used],
    }
    results = [_result(finding) for finding in verdict.findings]
    run = {"tool": {"driver": driver}, "automationDetails": {"id": f"policies/{stack}/"}, "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    framework = rule.framework
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": f"{framework.name} {framework.version}, {framework.reference}"},
        "help": {"text": rule.mend},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": "error" if rule.level is EnforcementLevel.MANDATORY else "warning"},
        "properties": {"tags": ["security"], "security-severity": _SCORES[rule.severity]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    told = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.resource}: {finding.text} {finding.mend}".strip()},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _file(finding)}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": finding.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"resourceAndText/v1": sha256(f"{finding.urn} {finding.text}".encode()).hexdigest()},
    }
    if finding.level == "waived":
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.text}]
    return told


def _file(finding: Finding) -> str:
    """Return the file that declares a resource: its component's, whose type is named after it; or that of waivers."""
    if finding.rule in (rule.id for rule in ABOUT_WAIVERS):
        return waivers.FILE
    components = (part.split(":")[1] for part in _types(finding.urn) if part.startswith("infra:"))
    files = (Path("components") / f"{component}.py" for component in components)
    return next((str(file) for file in files if (ROOT / file).exists()), "__main__.py")


def _types(urn: str) -> Iterable[str]:
    return urn.split("::")[2].split("$") if urn.count("::") > 1 else ()
