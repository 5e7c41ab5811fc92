"""What a file of waivers has to say before it is believed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies import waivers
from policies.waivers import LONGEST_DAYS, Waivers

TODAY = date(2026, 11, 22)
GOOD: dict[str, Any] = {
    "rule": "a-rule",
    "resource": "thing",
    "reason": "One node.",
    "owner": "devops@neurmatic.com",
    "expires": TODAY + timedelta(days=LONGEST_DAYS),
}


def load(tmp_path: Path, *records: Any, text: str | None = None) -> Waivers:
    file = tmp_path / waivers.FILE
    file.write_text(yaml.safe_dump(list(records)) if text is None else text)
    return waivers.load(file, ["a-rule", "b-rule"], TODAY)


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
        ({"expires": TODAY - timedelta(days=1)}, "[0].expires: ended on 2026-11-21"),
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
