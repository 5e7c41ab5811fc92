"""What each reader gets of a preview; the events are the engine's own, shortened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.preview import commands, markdown, plan, sarif, terminal, verdict
from operations.preview.plan import Plan
from policies.pack import WAIVED, WAIVERS_LAST
from policies.rules.stateful import RULES

RULE = RULES[0]
URN = "urn:pulumi:production::neurmatic::infra:{0}:X${1}::{2}"
VOLUME = URN.format("database", "docker:index/volume:Volume", "database-data")
ZONE = URN.format("dns", "cloudflare:index/zone:Zone", "dns-zone")
FOREIGN = "urn:pulumi:production::theirs::aws:s3/bucket:Bucket::bucket"
WHERE = "is not protected"
UNTIL = "Waived until 2027-01-31 by devops@neurmatic.com: moves in January"


def event(urn: str, level: str, rule: str, message: str) -> dict[str, Any]:
    told = {"resourceUrn": urn, "message": f"{RULE.sentence}\n{message}\n", "policyName": rule}
    return {"policyEvent": {**told, "enforcementLevel": level, "severity": "critical"}}


EVENTS = [
    {"resourcePreEvent": {"metadata": {"op": "create", "type": "docker:index/volume:Volume", "urn": VOLUME}}},
    event(VOLUME, "mandatory", RULE.id, f"database-data: {WHERE}. {RULE.mend}"),
    event(FOREIGN, "advisory", "not-of-ours", "bucket: is <b>odd</b> | @everyone"),
    event(ZONE, "advisory", WAIVED.id, f"{RULE.id}: dns-zone: {WHERE}. {UNTIL}"),
    {"policyAnalyzeSummaryEvent": {"resourceUrn": VOLUME, "failed": [RULE.id], "passed": ["another"]}},
    {"policyAnalyzeSummaryEvent": {"resourceUrn": ZONE, "failed": [RULE.id]}},
    {"policyAnalyzeSummaryEvent": {"resourceUrn": URN.format("dns", "infra:dns:Dns", "dns")}},
    {"policyAnalyzeStackSummaryEvent": {"failed": [WAIVED.id], "passed": ["waivers-hold"]}},
]


@pytest.fixture
def found() -> Plan:
    return plan.read(EVENTS, "production")


def test_one_line_says_how_much_was_judged_waived_and_failed(found: Plan) -> None:
    assert found.verdict.line == "policies: 3 rules judged 3 resources: 1 failed, 1 advised, 1 waived"


def test_a_finding_has_its_place_and_its_mend_apart(found: Plan) -> None:
    (failed,) = found.verdict.of("mandatory")

    assert (failed.rule, failed.resource, failed.text, failed.mend) == (
        RULE.id,
        "database-data",
        f"{WHERE}.",
        RULE.mend,
    )


def test_a_waived_finding_is_no_failure_and_stays_visible_in_every_report(found: Plan) -> None:
    waived = plan.read([EVENTS[0], EVENTS[3], *EVENTS[4:6]], "production")

    assert not waived.refused
    for text in (terminal.summary(waived), markdown.render(waived), json.dumps(sarif.render("x", waived.verdict))):
        assert "dns-zone" in text
        assert "2027-01-31" in text.replace("\\", "")
        assert "moves in January" in text
    (result,) = sarif.render("x", waived.verdict)["runs"][0]["results"]
    assert result["suppressions"][0]["justification"].endswith(UNTIL)
    assert found.refused


def test_the_comment_shows_findings_in_the_open_and_changes_behind_a_fold(found: Plan) -> None:
    text = markdown.render(found)

    assert text.startswith("### ❌ production\n")
    assert f"| ❌ | [{RULE.id}]({RULE.url}) | database-data | {WHERE}. | " in text
    assert text.index("| ❌ |") < text.index("| ⚠️ |") < text.index("| 🕒 |") < text.index("<details>")
    assert "+ create 1\n    database  data\n" in text


def test_the_comment_is_not_written_by_what_it_is_about(found: Plan) -> None:
    text = markdown.render(found)

    assert "<b>" not in text
    assert "@everyone" not in text
    assert text.count("&#124;") == 1
    fenced = plan.read([{"diagnosticEvent": {"severity": "error", "message": "```\n</details> out"}}], "production")
    assert "````\n```\n</details> out\n````" in markdown.render(fenced)


def test_a_long_plan_is_cut_before_a_comment_is_full() -> None:
    many = [
        {"resourcePreEvent": {"metadata": {"op": "update", "type": "t", "urn": f"{VOLUME}-{number:060}"}}}
        for number in range(2000)
    ]

    text = markdown.render(plan.read(many, "production"))

    assert markdown.LONGEST / 2 < len(text) < markdown.LONGEST + 500
    assert "more lines are in the artefacts of this run" in text
    assert text.rstrip().endswith("</details>")


def test_many_findings_and_long_errors_leave_room_for_the_other_stack() -> None:
    many = [event(f"{VOLUME}-{number}", "mandatory", RULE.id, f"x: {WHERE}. {RULE.mend}") for number in range(900)]
    error = {"diagnosticEvent": {"severity": "error", "message": "line\n" * 50_000}}

    text = markdown.render(plan.read([*many, error], "production"))

    assert len(text) < markdown.LONGEST + 500
    assert text.count("more lines are in the artefacts") == 2


def test_a_comment_links_to_nothing_that_a_finding_says(found: Plan) -> None:
    said = event(FOREIGN, "advisory", "not-of-ours", "bucket: see https://example.com and www.example.com")

    text = markdown.render(plan.read([said], "production"))

    assert "https://example.com" not in text
    assert "www.example.com" not in text
    assert found.verdict


def test_a_waiver_that_does_not_hold_points_at_the_file_of_waivers() -> None:
    said = {"policyEvent": {"policyName": "waivers-hold", "enforcementLevel": "mandatory", "message": "One.\ntwo"}}

    (result,) = sarif.render("x", verdict.read([said]))["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policy-waivers.yaml"


def test_an_earlier_report_is_not_taken_for_this_one(found: Plan, tmp_path: Path) -> None:
    commands.write(found, tmp_path)
    commands.remove(tmp_path, "organization/neurmatic/production")

    assert list(tmp_path.iterdir()) == []


def test_a_rule_that_a_stack_takes_less_seriously_is_told_in_every_report(found: Plan) -> None:
    lowered = replace(found, lowered=(f"{RULE.id} is disabled",))

    for text in (terminal.summary(lowered), markdown.render(lowered), json.dumps(commands.plain(lowered))):
        assert f"{RULE.id} is disabled" in text
    assert "disabled" not in terminal.summary(found)


def test_what_ends_soon_is_told_in_every_report(found: Plan) -> None:
    ending = replace(found, expiring="!! expiring within 60 days: origin_pull_client (2027-01-31)")

    for text in (terminal.summary(ending), markdown.render(ending), json.dumps(commands.plain(ending))):
        assert "expiring within 60 days: origin" in text
        assert "2027-01-31" in text.replace("\\", "")


def test_a_waiver_that_ends_soon_warns_in_every_report() -> None:
    message = f"{WAIVERS_LAST.sentence}\npolicy-waivers.yaml[0].expires: ends in 12 days. {WAIVERS_LAST.mend}"
    said = {"policyEvent": {"policyName": WAIVERS_LAST.id, "enforcementLevel": "advisory", "message": message}}
    plan_ = plan.read([said], "production")

    shown = terminal.summary(plan_)
    assert f"!! advisory {WAIVERS_LAST.id}: " in shown
    assert f"policy-waivers.yaml[0].expires: ends in 12 days. {WAIVERS_LAST.mend}" in shown
    assert f"| ⚠️ | [{WAIVERS_LAST.id}]" in markdown.render(plan_)
    (result,) = sarif.render("x", plan_.verdict)["runs"][0]["results"]
    assert (result["level"], result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == (
        "warning",
        "policy-waivers.yaml",
    )
    assert commands.plain(plan_)["policies"]["findings"][0]["rule"] == WAIVERS_LAST.id
    assert not plan_.refused


def test_code_scanning_gets_rule_level_place_and_mend(found: Plan) -> None:
    log = sarif.render("production", found.verdict)

    (run,) = log["runs"]
    assert (log["version"], run["automationDetails"]["id"]) == ("2.1.0", "policies/production/")
    (rule,) = (each for each in run["tool"]["driver"]["rules"] if each["id"] == RULE.id)
    assert (rule["help"]["text"], rule["helpUri"]) == (RULE.mend, RULE.url)
    assert rule["properties"]["security-severity"] == "9.5"
    failed, foreign, _ = run["results"]
    assert (failed["ruleId"], failed["level"]) == (RULE.id, "error")
    place = failed["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "components/database.py"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == VOLUME
    assert foreign["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "__main__.py"
    fingerprints = [each["partialFingerprints"]["resourceAndText/v1"] for each in run["results"]]
    assert len(set(fingerprints)) == 3


def test_other_programs_get_all_of_it(found: Plan, tmp_path: Path) -> None:
    commands.write(found, tmp_path / "new")

    told = json.loads((tmp_path / "new" / "production.json").read_text())
    assert told["refused"] is True
    assert told["summary"] == [found.line, found.verdict.line]
    assert told["policies"]["findings"][0]["urn"] == VOLUME
    assert told["steps"][0] == {
        "operation": "create",
        "type": "docker:index/volume:Volume",
        "name": "database-data",
        "component": "database",
        "properties": [],
        "loses": None,
    }
    assert {file.suffix for file in (tmp_path / "new").iterdir()} == {".md", ".sarif", ".json"}


def test_what_is_printed_between_the_engines_events_is_none() -> None:
    printed = ['{"sequence": 1}', "warning: a line of the program's", "[]", "3", "", '{"sequence": 2}']

    assert list(commands.events("\n".join(printed))) == [{"sequence": 1}, {"sequence": 2}]


def test_a_pack_of_others_is_shown_as_well_as_ours(found: Plan) -> None:
    (advice,) = found.verdict.of("advisory")

    assert (advice.rule, advice.mend) == ("not-of-ours", "")
    assert verdict.KNOWN.get("not-of-ours") is None
