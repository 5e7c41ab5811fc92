"""What is said of all of none proves nothing."""

from collections.abc import Iterable
from typing import TypeVar

Value = TypeVar("Value")


def some(values: Iterable[Value]) -> list[Value]:
    """Return the values; there is at least one to look at."""
    listed = list(values)
    assert listed, "there is nothing to look at, so the test would prove nothing"
    return listed
