"""What Renovate may propose, by its own configuration over the committed stack files."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from sandbox.owners import pin, read
from settings import IMAGES, RELEASED, ImageName
from tests.engine import DIGEST, ROOT

RENOVATE = json.loads((ROOT / "renovate.json").read_text())
(MANAGER,) = RENOVATE["customManagers"]


def patterns(texts: list[str]) -> list[re.Pattern[str]]:
    """Return JavaScript's expressions as Python's."""
    return [re.compile(text.strip("/").replace("(?<", "(?P<")) for text in texts]


def test_it_reads_the_files_of_those_stacks_that_serve_somebody() -> None:
    (files,) = patterns(MANAGER["managerFilePatterns"])

    found = sorted(file.name for file in ROOT.iterdir() if files.search(file.name))

    assert found == ["Pulumi.production.yaml", "Pulumi.staging.yaml"]


@pytest.mark.parametrize("stack", ["staging", "production"])
@pytest.mark.parametrize("released", [False, True])
def test_it_finds_every_image_but_the_releases_and_all_of_its_name(stack: str, released: bool) -> None:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    config = yaml.safe_load(text)["config"]
    if released:
        for path in pin(config, lambda _: DIGEST):
            text = text.replace(str(ImageName.parsed(read(config, path)))[: -len(DIGEST) - 1], read(config, path))

    found = {
        f"{match['depName']}:{match['currentValue']}@{match['currentDigest']}"
        for pattern in patterns(MANAGER["matchStrings"])
        for match in pattern.finditer(text)
    }

    assert text.count(DIGEST) == (len(RELEASED) if released else 0)
    assert found == {read(config, path) for part, path in IMAGES.items() if part not in RELEASED}


def test_it_merges_nothing_and_moves_no_database_to_another_major_version() -> None:
    assert RENOVATE["automerge"] is False
    assert {"matchUpdateTypes": ["major"], "enabled": False}.items() <= RENOVATE["packageRules"][0].items()
    assert RENOVATE["enabledManagers"] == ["custom.regex"]
