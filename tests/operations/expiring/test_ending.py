"""The one line that a preview shows."""

from __future__ import annotations

from datetime import date, timedelta

from operations.expiring.ending import Ending, line, unknown

TODAY = date(2027, 2, 1)


def test_a_preview_tells_in_one_line_what_is_due_the_first_first() -> None:
    endings = [
        Ending("later", TODAY + timedelta(days=61), "x"),
        Ending("soon", TODAY + timedelta(days=60), "x"),
        Ending("sooner", TODAY - timedelta(days=1), "x"),
        Ending("for ever", "never", "x", "made so"),
        unknown("whenever", "nobody noted it", "x"),
        unknown("made up", "there is nothing", "x", to_be_noted=False),
    ]

    soon = "!! expiring within 60 days: sooner (ended 2027-01-31), soon (2027-04-02)"
    assert line(endings, TODAY) == f"{soon}; nobody knows of whenever"
    assert line(endings[:1], TODAY) == "expiring within 60 days: nothing"
