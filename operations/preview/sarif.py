"""A plan's findings as SARIF 2.1.0, which code-scanning pages show beside the code."""

from __future__ import annotations

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
# GitHub maps these numbers to severities (docs: SARIF support for code scanning, security-severity).
_SCORES = {Severity.LOW: "2.0", Severity.MEDIUM: "5.0", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
_LEVELS = {"mandatory": "error", "advisory": "warning", "waived": "note"}


def render(stack: str, verdict: Verdict) -> dict[str, Any]:
    """Return the SARIF log, with waived findings as suppressed."""
    used = verdict.rules | {finding.rule for finding in verdict.findings}
    driver = {
        "name": "neurmatic-policies",
        "informationUri": "https://github.com/AlexBaum-ai/NEURM",
        "rules": [_rule(rule) for name, rule in KNOWN.items() if name in used],
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
    result = {
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
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.text}]
    return result


def _file(finding: Finding) -> str:
    """Return the file that declares a resource: that of its component, or of the waivers."""
    if finding.rule in (rule.id for rule in ABOUT_WAIVERS):
        return waivers.FILE
    types = finding.urn.split("::")[2].split("$") if finding.urn.count("::") > 1 else ()
    components = (type_.split(":")[1] for type_ in types if type_.startswith("infra:"))
    files = (Path("components") / f"{component}.py" for component in components)
    return next((str(file) for file in files if (ROOT / file).exists()), "__main__.py")
