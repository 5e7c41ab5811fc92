"""What a reviewer reads of a preview; the events are the engine's own, shortened."""

from __future__ import annotations

from typing import Any

import pytest

from operations.preview import plan, terminal

URN = "urn:pulumi:production::neurmatic::infra:{0}:{1}${2}::{3}"
VOLUME = URN.format("database", "Database", "docker:index/volume:Volume", "database-data")
SERVER = URN.format("database", "Database", "docker:index/container:Container", "database-server")
RECORD = URN.format("dns", "Dns", "cloudflare:index/dnsRecord:DnsRecord", "dns-{0}")
BUCKET = URN.format("backup_bucket", "BackupBucket", "aws:s3/bucket:Bucket", "backup-bucket")
STACK = "urn:pulumi:production::neurmatic::pulumi:pulumi:Stack::neurmatic-production"

Event = dict[str, Any]


def step(operation: str, urn: str, **detail: object) -> Event:
    type_ = urn.split("::")[2].rpartition("$")[2]
    return {"resourcePreEvent": {"metadata": {"op": operation, "urn": urn, "type": type_, **detail}}}


def judged(urn: str, failed: tuple[str, ...] = ()) -> Event:
    passed = {"a-rule", "b-rule"} - set(failed)
    return {"policyAnalyzeSummaryEvent": {"resourceUrn": urn, "passed": sorted(passed), "failed": list(failed)}}


def violation(level: str) -> Event:
    message = "The rule's own sentence.\ndatabase-server: ports[0]: is\n open.\n"
    return {
        "policyEvent": {
            "policyName": "a-rule",
            "enforcementLevel": level,
            "message": message,
            "resourceUrn": SERVER,
        }
    }


def test_the_first_line_counts_everything() -> None:
    events = [
        step("same", STACK),
        step("same", BUCKET),
        step("create", RECORD.format("apex")),
        step("create", RECORD.format("www")),
        step("update", SERVER, detailedDiff={"memory": {}}),
        step("replace", SERVER, diffs=["ports"], detailedDiff={"ports[0].ip": {}}),
        step("create-replacement", SERVER),
        step("delete-replaced", SERVER),
        step("delete", RECORD.format("old")),
    ]

    text = terminal.summary(plan.read(events, "production"))

    first, *rest = text.splitlines()
    assert first == "stack production: 2 to create, 1 to change, 1 to replace, 1 to delete; 1 unchanged"
    assert [line.split() for line in rest if line.startswith("    ")] == [
        ["dns", "apex", "www"],
        ["database-server:", "memory"],
        ["database-server:", "ports[0].ip"],
        ["dns-old"],
    ]


@pytest.mark.parametrize(("operation", "word"), [("replace", "replaced"), ("delete", "deleted")])
@pytest.mark.parametrize(("urn", "what"), [(VOLUME, "the data in it"), (BUCKET, "the backups in it")])
def test_what_would_be_lost_is_shouted_before_all_else_and_refused(
    operation: str, word: str, urn: str, what: str
) -> None:
    found = plan.read([step("create", RECORD.format("apex")), step(operation, urn)], "production")

    assert terminal.summary(found).splitlines()[1] == (
        f"!! DATA LOSS, REFUSED: {urn.rpartition('::')[2]} would be {word}, and the platform be without {what}"
    )
    assert found.refused


def test_a_container_that_is_replaced_loses_nothing() -> None:
    found = plan.read([step("replace", SERVER)], "production")

    assert "LOSS" not in terminal.summary(found)
    assert not found.refused


def test_a_mandatory_violation_refuses_and_an_advisory_one_is_told() -> None:
    for level, refused in (("mandatory", True), ("advisory", False)):
        found = plan.read([judged(SERVER, ("a-rule",)), violation(level)], "production")

        assert f"!! {level} a-rule: database-server: ports[0]: is open." in terminal.summary(found).splitlines()
        assert found.refused is refused


def test_the_policies_say_how_much_they_judged() -> None:
    found = plan.read([judged(SERVER), judged(VOLUME)], "production")

    assert "policies: 2 rules judged 2 resources: 0 failed, 0 advised, 0 waived" in terminal.summary(found)


def test_an_error_of_the_engine_refuses_and_is_shown() -> None:
    told = {"diagnosticEvent": {"severity": "error", "message": "unable to replace\nas it is protected\n"}}
    noise = {"diagnosticEvent": {"severity": "error", "message": "error: preview failed\n"}}

    found = plan.read([told, noise], "production")

    assert found.refused
    assert [line for line in terminal.summary(found).splitlines() if line.startswith("!!")] == [
        "!! unable to replace",
        "!! as it is protected",
    ]


def test_what_the_program_printed_is_told_when_it_failed_and_not_when_it_went_on() -> None:
    printed = [
        {"diagnosticEvent": {"severity": "info#err", "message": f"{line}\n\n"}}
        for line in ("error: the configuration has one mistake", "neurmatic:release", "    mend: name a version")
    ]

    failed = plan.read([*printed, {"summaryEvent": {"result": "failed"}}], "production")
    went_on = plan.read([*printed, {"summaryEvent": {"result": "succeeded"}}], "production")

    assert failed.errors == (
        "error: the configuration has one mistake",
        "neurmatic:release",
        "    mend: name a version",
    )
    assert failed.refused
    assert went_on.errors == ()
