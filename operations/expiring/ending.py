"""Something that expires, and how a list of such things is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

# Twice the month in which a waiver warns: time to plan a renewal.
WITHIN_DAYS = 60


@dataclass(frozen=True)
class Ending:
    """Something that expires."""

    what: str
    last_day: date | Literal["never", "unknown"]
    renew: str
    """The command, or what else to do, before it expires."""
    because: str = ""
    """Why the last day is unknown, never, or already past."""
    to_be_noted: bool = True
    """Whether an unknown last day should be noted in the stack's file."""

    def left(self, today: date) -> int | None:
        """Return the days left, negative after the last day, None where there is no last day."""
        return (self.last_day - today).days if isinstance(self.last_day, date) else None


def unknown(what: str, because: str, renew: str, *, to_be_noted: bool = True) -> Ending:
    """Return an ending whose last day is unknown."""
    return Ending(what, "unknown", renew, because, to_be_noted)


def due(endings: Iterable[Ending], today: date, within_days: int = WITHIN_DAYS) -> list[Ending]:
    """Return what expires within so many days or has expired, the earliest first."""
    return [ending for ending in ordered(endings) if (left := ending.left(today)) is not None and left <= within_days]


def ordered(endings: Iterable[Ending]) -> list[Ending]:
    """Return the endings by last day, those without one at the end."""
    return sorted(endings, key=lambda ending: (ending.left(date.min) is None, str(ending.last_day), ending.what))


def line(endings: Iterable[Ending], today: date) -> str:
    """Return one line with what is due, and what has no noted last day but should."""
    endings = list(endings)
    soon = due(endings, today)
    missing = [ending.what for ending in endings if ending.last_day == "unknown" and ending.to_be_noted]
    names = ", ".join(
        f"{ending.what} ({'ended ' if (ending.left(today) or 0) < 0 else ''}{ending.last_day})" for ending in soon
    )
    unknowns = f"; nobody knows of {', '.join(missing)}" if missing else ""
    return f"{'!! ' if soon or missing else ''}expiring within {WITHIN_DAYS} days: {names or 'nothing'}{unknowns}"


def table(endings: Sequence[Ending], today: date, within_days: int) -> str:
    """Return a table of the endings by last day, with a last line that counts them."""
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
    unknowns = sum(ending.last_day == "unknown" for ending in endings)
    return "\n".join([*lines, f"{len(soon)} of {len(endings)} end by {until}, of {unknowns} nobody knows"])


def plain(endings: Iterable[Ending], today: date, within_days: int) -> list[dict[str, Any]]:
    """Return the endings for JSON."""
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
