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

    def left(self, today: date) -> int | None:
        """Return how many days it has left, less than none where it has ended, None where that is not known."""
        return (self.last_day - today).days if isinstance(self.last_day, date) else None


def unknown(what: str, because: str, renew: str) -> Ending:
    """Return something whose last day nobody here knows."""
    return Ending(what, "unknown", renew, because)


def due(endings: Iterable[Ending], today: date, within_days: int = WITHIN_DAYS) -> list[Ending]:
    """Return what ends within so many days or has ended, the first first."""
    return [each for each in ordered(endings) if (left := each.left(today)) is not None and left <= within_days]


def ordered(endings: Iterable[Ending]) -> list[Ending]:
    """Return them by their last days; those that have none come last."""
    return sorted(endings, key=lambda each: (each.left(date.min) is None, str(each.last_day), each.what))


def line(endings: Iterable[Ending], today: date) -> str:
    """Return what is due in one line."""
    soon = due(endings, today)
    told = ", ".join(_dated(each, today) for each in soon) or "nothing"
    return f"{'!! ' if soon else ''}expiring within {WITHIN_DAYS} days: {told}"


def _dated(ending: Ending, today: date) -> str:
    left = ending.left(today)
    return f"{ending.what} ({'ended ' if left is not None and left < 0 else ''}{ending.last_day})"


def table(endings: Sequence[Ending], today: date, within_days: int) -> str:
    """Return all in a row each, by their last days, and a last line that counts them."""
    soon = due(endings, today, within_days)
    width = max((len(each.what) for each in endings), default=0)
    lines = [f"   {'ends':<10} {'days left':>9}  {'what':<{width}}  renew"]
    for each in ordered(endings):
        left = each.left(today)
        mark = "!!" if each in soon else "  "
        why = f" ({each.because})" if each.because else ""
        lines.append(
            f"{mark} {each.last_day!s:<10} {'' if left is None else left:>9}  {each.what:<{width}}{why}  {each.renew}"
        )
    until = today + timedelta(days=within_days)
    nobody = sum(each.last_day == "unknown" for each in endings)
    return "\n".join([*lines, f"{len(soon)} of {len(endings)} end by {until}, of {nobody} nobody knows"])


def plain(endings: Iterable[Ending], today: date, within_days: int) -> list[dict[str, Any]]:
    """Return all as plain data."""
    endings = ordered(endings)
    soon = due(endings, today, within_days)
    return [
        {
            "what": each.what,
            "last_day": str(each.last_day),
            "days_left": each.left(today),
            "due": each in soon,
            "because": each.because,
            "renew": each.renew,
        }
        for each in endings
    ]
