"""What a file of waivers has to say before it is believed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies import waivers
from policies.waivers import GRACE_DAYS, LONGEST_DAYS, WARNING_DAYS, Waivers
from tests.engine import ROOT
from tests.some import some

TODAY = date(2026, 11, 22)
GOOD: dict[str, Any] = {
    "rule": "a-rule",
    "resource": "thing",
    "reason": "One node.",
    "owner": "devops@neurmatic.com",
    "expires": TODAY + timedelta(days=LONGEST_DAYS),
}


def load(tmp_path: Path, *records: Any, text: str | None = None, purpose: str = "change") -> Waivers:
    file = tmp_path / waivers.FILE
    file.write_text(yaml.safe_dump(list(records)) if text is None else text)
    return waivers.load(file, ["a-rule", "b-rule"], TODAY, purpose)


def ended(days: int) -> dict[str, Any]:
    """Return a waiver that ended so many days ago."""
    return {**GOOD, "expires": TODAY - timedelta(days=days)}


def test_a_project_without_a_file_waives_nothing(tmp_path: Path) -> None:
    assert waivers.load(tmp_path / waivers.FILE, ["a-rule"], TODAY) == Waivers()
    assert load(tmp_path, text="") == Waivers()


@pytest.mark.parametrize("days", [0, 1, LONGEST_DAYS])
def test_a_whole_waiver_holds_until_the_end_of_its_last_day(tmp_path: Path, days: int) -> None:
    found = load(tmp_path, {**GOOD, "expires": TODAY + timedelta(days=days)}, {**GOOD, "rule": "b-rule", "stack": "s"})

    assert found.faults == ()
    assert [each.rule for each in found.holding] == ["a-rule", "b-rule"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"rule": None}, "[0].rule: is missing"),
        ({"rule": "c-rule"}, "[0].rule: there is no rule of this id"),
        ({"resource": ""}, "[0].resource: is missing"),
        ({"reason": " "}, "[0].reason: is missing"),
        ({"owner": 7}, "[0].owner: is missing or no text"),
        ({"stack": ""}, "[0].stack: is missing or no text"),
        ({"until": "x"}, "[0].until: is nothing that a waiver has"),
        ({"expires": "2027-01-31"}, "[0].expires: is no day"),
        ({"expires": None}, "[0].expires: is no day"),
        ({"expires": TODAY - timedelta(days=1)}, "[0].expires: a-rule for thing ended on 2026-11-21"),
        ({"expires": TODAY + timedelta(days=LONGEST_DAYS + 1)}, "[0].expires: is more than 180 days away"),
    ],
)
def test_one_that_is_not_whole_waives_nothing_and_is_told_by_its_path(
    tmp_path: Path, changed: dict[str, Any], fault: str
) -> None:
    found = load(tmp_path, {**GOOD, **changed}, {**GOOD, "rule": "b-rule"})

    assert [each.rule for each in found.holding] == ["b-rule"]
    assert [each for each in found.faults if fault in each]
    assert len(found.faults) == 1


def test_the_same_twice_is_told(tmp_path: Path) -> None:
    everywhere, there = GOOD, {**GOOD, "stack": "production"}
    for records in ((everywhere, there), (there, everywhere), (there, there)):
        found = load(tmp_path, *records)

        assert len(found.holding) == 1
        assert "a-rule for thing is waived twice" in found.faults[0]
    apart = load(tmp_path, {**GOOD, "stack": "staging"}, {**GOOD, "stack": "production"})
    assert (len(apart.holding), apart.faults) == (2, ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- rule: [", "is no YAML"),
        ("- expires: 2027-02-30", "has a day that there is not"),
        ("rule: a-rule", "is no list"),
        ("- a-rule", "[0]: is no record"),
    ],
)
def test_a_file_that_cannot_be_read_waives_nothing(tmp_path: Path, text: str, fault: str) -> None:
    found = load(tmp_path, text=text)

    assert found.holding == ()
    assert fault in found.faults[0]


@pytest.mark.parametrize(
    ("purpose", "holds", "refused"),
    [
        ("change", [0], [1, 30, 31, 4000]),
        ("deployment", [0, 1, 30], [31, 4000]),
        ("rollback", [0, 1, 30, 31, 4000], []),
        ("rehearsal", [0, 1, 30, 31, 4000], []),
    ],
)
def test_an_ended_waiver_fails_a_change_at_once_a_deployment_after_30_days_and_a_rollback_never(
    tmp_path: Path, purpose: str, holds: list[int], refused: list[int]
) -> None:
    found = {days: load(tmp_path, ended(days), purpose=purpose) for days in (*holds, *refused)}

    assert {days: (len(each.holding), len(each.faults)) for days, each in found.items()} == {
        **dict.fromkeys(holds, (1, 0)),
        **dict.fromkeys(refused, (0, 1)),
    }


def test_what_no_longer_holds_says_for_what_it_still_does_and_what_to_type(tmp_path: Path) -> None:
    (young,), (old,) = load(tmp_path, ended(30)).faults, load(tmp_path, ended(31), purpose="deployment").faults

    assert "a deployment (POLICY_PURPOSE=deployment) and a rollback (POLICY_PURPOSE=rollback)" in young
    assert old.endswith("it still holds for a rollback (POLICY_PURPOSE=rollback)")


@pytest.mark.parametrize(
    ("environment", "purpose"),
    [({}, "change"), ({"POLICY_PURPOSE": ""}, "change"), ({"POLICY_PURPOSE": "rollback"}, "rollback")],
)
def test_who_does_not_say_what_the_policies_judge_is_judged_as_a_change(
    environment: dict[str, str], purpose: str
) -> None:
    assert waivers.purpose(environment) == purpose


@pytest.mark.parametrize("purpose", ["rolback", "Rollback", "deploy", " rollback"])
def test_a_purpose_that_there_is_not_fails_and_is_judged_as_the_strictest(tmp_path: Path, purpose: str) -> None:
    found = load(tmp_path, ended(1), purpose=purpose)

    assert found.holding == ()
    assert f"POLICY_PURPOSE: is {purpose!r}, and judged as a change" in found.faults[0]
    assert len(found.faults) == 2


@pytest.mark.parametrize("purpose", GRACE_DAYS)
def test_from_30_days_before_its_end_on_a_waiver_warns_whatever_is_judged(tmp_path: Path, purpose: str) -> None:
    warned = {
        days: list(load(tmp_path, ended(-days), purpose=purpose).warnings.values())
        for days in (WARNING_DAYS + 1, WARNING_DAYS, 0)
    }

    assert warned == {
        31: [],
        30: ["policy-waivers.yaml[0].expires: a-rule for thing ends on 2026-12-22, in 30 days"],
        0: ["policy-waivers.yaml[0].expires: a-rule for thing ends on 2026-11-22, in 0 days"],
    }


def test_one_that_ended_and_still_holds_says_until_when(tmp_path: Path) -> None:
    ((deployed,), (returned,)) = (
        load(tmp_path, ended(1), purpose=purpose).warnings.values() for purpose in ("deployment", "rollback")
    )

    assert deployed.endswith("ended on 2026-11-21, and holds for a deployment until 2026-12-21")
    assert returned.endswith("ended on 2026-11-21, and holds for a rollback for ever")


def test_the_ends_of_our_own_waivers_lie_weeks_apart() -> None:
    ends = sorted(record["expires"] for record in yaml.safe_load((ROOT / waivers.FILE).read_text()))

    assert all(later - earlier >= timedelta(weeks=2) for earlier, later in some(pairwise(ends)))
