"""Which stories run one after the other, and which beside them: by what they disturb."""

from __future__ import annotations

from pathlib import PurePath

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # brings no types

SECOND_CLONE = {"test_going_live.py", "test_second_clone.py"}
"""One sandbox beside the shared one is enough for a machine of two cores."""
NO_SANDBOX = {"test_elsewhere.py", "test_on_any_day.py", "test_policies.py", "test_preview.py"}


def group(nodeid: str) -> str:
    """Return the group of a test; only one of a group runs at a time, in the order of the files."""
    file = PurePath(nodeid.partition("::")[0])
    if file.name in SECOND_CLONE:
        return "second clone"
    if file.parent.name == "stories" and file.name not in NO_SANDBOX:
        return "shared sandbox"
    return str(file)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # of no type
    """Gives each group to one process. xdist's own groups by mark are lost on the node ids of pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
