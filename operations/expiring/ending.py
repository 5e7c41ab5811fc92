"""One thing that ends by itself, and how such things are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

# Twice the month in which a waiver warns: time to plan a renewal, and not only to hurry one.
WITHIN_DAYS = 60


@dataclass(frozen=True)
class Ending:
    """Something that ends by itself."""

    what: str
    last_day: date | Literal["never", "unknown"]
    renew: str
    """What to type, or to do, before it ends."""
    because: str = ""
    """Why its last day is not known, or not there."""
    to_be_noted: bool = True
    """Whether a last day that nobody knows is one that should stand in a file."""

    def left(self, today: date) -> int | None:
        """Return how many days it has left, less than none where it has ended, None where that is not known."""
        return (self.last_day - today).days if isinstance(self.last_day, date) else None


def unknown(what: str, because: str, renew: str, *, to_be_noted: bool = True) -> Ending:
    """Return something whose last day nobody here knows."""
    return Ending(what, "unknown", renew, because, to_be_noted)


def due(endings: Iterable[Ending], today: date, within_days: int = WITHIN_DAYS) -> list[Ending]:
    """Return what ends within so many days or has ended, the first first."""
    return [ending for ending in ordered(endings) if (left := ending.left(today)) is not None and left <= within_days]


def ordered(endings: Iterable[Ending]) -> list[Ending]:
    """Return them by their last days; those that have none come last."""
    return sorted(endings, key=lambda ending: (ending.left(date.min) is None, str(ending.last_day), ending.what))


def line(endings: Iterable[Ending], today: date) -> str:
    """Return in one line what is due, and of what nobody knows although it should be noted."""
    endings = list(endings)
    soon = due(endings, today)
    missing = [ending.what for ending in endings if ending.last_day == "unknown" and ending.to_be_noted]
    names = ", ".join(_dated(ending, today) for ending in soon) or "nothing"
    unknowns = f"; nobody knows of {', '.join(missing)}" if missing else ""
    return f"{'!! ' if soon or missing else ''}expiring within {WITHIN_DAYS} days: {names}{unknowns}"


def _dated(ending: Ending, today: date) -> str:
    left = ending.left(today)
    return f"{ending.what} ({'ended ' if left is not None and left < 0 else ''}{ending.last_day})"


def table(endings: Sequence[Ending], today: date, within_days: int) -> str:
    """Return all in a row each, by their last days, and a last line that counts them."""
    soon = due(endings, today, within_days)
    width = max((len(ending.what) for ending in endings), default=0)
    lines = [f"   {'ends':<10} {'days left':>9}  {'what':<{width}}  renew"]
    for ending in ordered(endings):
        left = ending.left(today)
        mark = "!!" if ending in soon else "  "
        why = f" ({ending.because})" if ending.because else ""
        days = "" if left is None else left
        lines.append(f"{mark} {ending.last_day!s:<10} {days:>9}  {ending.what:<{width}}{why}  {ending.renew}")
    until = today + timedelta(days=within_days)
    nobody = sum(ending.last_day == "unknown" for ending in endings)
    return "\n".join([*lines, f"{len(soon)} of {len(endings)} end by {until}, of {nobody} nobody knows"])


def plain(endings: Iterable[Ending], today: date, within_days: int) -> list[dict[str, Any]]:
    """Return all as plain data."""
    endings = ordered(endings)
    soon = due(endings, today, within_days)
    return [
        {
            "what": ending.what,
            "last_day": str(ending.last_day),
            "days_left": ending.left(today),
            "due": ending in soon,
            "because": ending.because,
            "renew": ending.renew,
        }
        for ending in endings
    ]
