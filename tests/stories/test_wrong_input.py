"""Wrong input is refused with the setting's path and the mend, and nothing has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.some import some
from tests.stories.world import REMOVED, World

pytestmark = pytest.mark.story

WRONG: dict[str, tuple[str, Any, list[str]]] = {
    "an unknown setting": ("host.ipv5", "192.0.2.1", ["host.ipv5"]),
    "an unknown section": ("hosts", {}, ["hosts"]),
    "a wrong type": ("application.backend.replicas", "two", ["application.backend.replicas"]),
    "no backend": ("application.backend.replicas", 0, ["application.backend.replicas"]),
    "a pool that exceeds max_connections": ("application.backend.pool_size", 5000, ["pool", "max_connections"]),
    "a missing secret": ("jwt_secret", REMOVED, ["operations secrets init --stack sandbox", "jwt_secret"]),
    "a release without its images": (
        "release",
        "v9.9.9",
        ["application.backend.image", "python -m operations images --release v9.9.9 --stack sandbox"],
    ),
    "an image whose tag may move": (
        "database.image",
        "postgres:18",
        ["database.image", "python -m operations images --update database --stack sandbox"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_before_anything_changes(world: World, tmp_path: Path, case: str) -> None:
    path, value, words = WRONG[case]
    before = world.stack.export()

    refused = world.pulumi("up", "--yes", PULUMI_OPTION_CONFIG_FILE=world.reconfigured(tmp_path, path, value))

    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert all(word in said for word in some(words)), said
    assert "Traceback" not in said
    assert world.stack.export()["deployment"]["resources"] == before["deployment"]["resources"]
