"""Stories that disturb each other never run at the same time."""

from __future__ import annotations

import re

from tests.engine import ROOT
from tests.groups import NO_SANDBOX, SECOND_CLONE, group

STORIES = ROOT / "tests" / "stories"


def test_whatever_has_to_do_with_the_shared_sandbox_is_of_one_group() -> None:
    files = {file.name for file in STORIES.glob("test_*.py")}
    using = {file.name for file in STORIES.glob("test_*.py") if re.search(r"\bworld: World\b", file.read_text())}

    assert files >= SECOND_CLONE | NO_SANDBOX, "a file that has been renamed would lose its group"
    assert {group(f"tests/stories/{name}::test") for name in using - SECOND_CLONE} == {"shared sandbox"}
    assert len(using) > 10


def test_stories_of_a_file_are_of_one_group_whatever_their_arguments() -> None:
    assert group("tests/stories/test_up.py::test_a[x::y]") == group("tests/stories/test_up.py::test_b")
    assert group("tests/checkov/test_checkov.py::test_a") == "tests/checkov/test_checkov.py"
