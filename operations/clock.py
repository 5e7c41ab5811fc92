"""The clock by which operations judge what is old or ends; tests put another in its place."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the moment; every operation takes it from here."""
    return datetime.now(UTC)


def today() -> date:
    """Return the day that it is."""
    return now().date()
