"""The page on the architecture leads where it says."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tests.engine import ROOT
from tests.some import some
from tests.test_layers import MAY_IMPORT

PAGE = (ROOT / "docs" / "architecture.md").read_text()


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _named(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_path_of_the_page_exists() -> None:
    rows = [row for heading in ("Packages", "Ten tasks", "Where else") for row in _rows(heading)]
    paths = {name for row in rows for cell in row for name in _named(cell) if "/" in name or PurePosixPath(name).suffix}
    code = {"dns.records", "BackendSettings.variables"}  # a setting, and a method

    assert [path for path in sorted(some(paths - code)) if not (ROOT / path).exists()] == []


def test_the_packages_may_import_what_the_page_says() -> None:
    told = {_named(name)[0]: set(_named(imports)) for name, _, imports, _ in some(_rows("Packages"))}

    assert told == {layer: others - {layer} for layer, others in MAY_IMPORT.items() if layer != "__main__"}


def test_ten_tasks_lead_to_a_file_in_two_steps() -> None:
    tasks = _rows("Ten tasks")

    assert len(tasks) == 10
    for task, first, _ in some(tasks):
        assert any((ROOT / path).exists() for path in _named(first)), task
