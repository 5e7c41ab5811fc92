"""What differs between two sets of inputs, by property path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from typing import Any

from standins.provider.schema import join
from standins.provider.wire import Path, is_asset, walk


class Kind(Enum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One property that differs."""

    path: Path
    kind: Kind
    leaves: frozenset[str]
    """The general paths (see `general`) of the values that came, went or changed."""

    @property
    def place(self) -> str:
        """The path in Pulumi's notation, `ports[0].internal`."""
        return reduce(join, self.path, "")

    def touches(self, table: Set[str], but: Set[str] = frozenset()) -> bool:
        """Say whether something that came, went or changed lies at or below a path of `table`, and of none in `but`."""
        return any(_within(leaf, table) and not _within(leaf, but) for leaf in self.leaves)


def _within(leaf: str, table: Set[str]) -> bool:
    return any(leaf == entry or leaf.startswith(f"{entry}.") for entry in table)


def general(path: Path) -> str:
    """Write a path without its list indexes, `ports.internal`: the form in which tables of paths are kept."""
    return ".".join(key for key in path if isinstance(key, str))


def changes(old: Any, new: Any, unordered: Set[str] = frozenset(), path: Path = ()) -> Iterator[Change]:
    """Yield what differs; lists at the unordered general paths are compared as sets."""
    if is_asset(old) and is_asset(new) and "hash" in old and old["hash"] == new.get("hash"):
        return  # the same content, whatever its path
    if isinstance(old, dict) and isinstance(new, dict) and not (is_asset(old) or is_asset(new)):
        for key in [*old, *(key for key in new if key not in old)]:
            if path or not key.startswith("__"):
                yield from _compare(old.get(key), new.get(key), unordered, (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, unordered, path)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Change(path, Kind.UPDATE, frozenset({general(path)}))


def _compare(old: Any, new: Any, unordered: Set[str], path: Path) -> Iterator[Change]:
    if old is None and new is None:
        return
    if old is None or new is None:
        leaves = frozenset(general((*path, *inner)) for inner, _ in walk(new if old is None else old))
        yield Change(path, Kind.ADD if old is None else Kind.DELETE, leaves)
    else:
        yield from changes(old, new, unordered, path)


def _lists(old: list[Any], new: list[Any], unordered: Set[str], path: Path) -> Iterator[Change]:
    before, after = dict(enumerate(old)), dict(enumerate(new))
    if general(path) in unordered:
        before, after = _unmatched(before, after)
    for old_index, new_index in zip(before, after, strict=False):
        yield from changes(before[old_index], after[new_index], unordered, (*path, new_index))
    for index in list(before)[len(after) :]:
        yield from _compare(before[index], None, unordered, (*path, index))
    for index in list(after)[len(before) :]:
        yield from _compare(None, after[index], unordered, (*path, index))


def _unmatched(before: dict[int, Any], after: dict[int, Any]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Drop the items that both lists hold, in whatever order."""
    removed, added = dict(before), {}
    for index, item in after.items():
        equal = next((old_index for old_index, value in removed.items() if _text(value) == _text(item)), None)
        if equal is None:
            added[index] = item
        else:
            del removed[equal]
    return removed, added


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)
