"""Wrong input is refused with the setting's path and the mend, and nothing has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stories.world import World

pytestmark = pytest.mark.story

REMOVED = object()

WRONG: dict[str, tuple[str, Any, list[str]]] = {
    "an unknown setting": ("host.ipv5", "192.0.2.1", ["host.ipv5"]),
    "an unknown section": ("hosts", {}, ["hosts"]),
    "a wrong type": ("application.backend.replicas", "two", ["application.backend.replicas"]),
    "no backend": ("application.backend.replicas", 0, ["application.backend.replicas"]),
    "a pool that exceeds max_connections": ("application.backend.pool_size", 5000, ["pool", "max_connections"]),
    "a missing secret": ("jwt_secret", REMOVED, ["operations secrets init --stack sandbox", "jwt_secret"]),
    "a release that does not exist": ("release", "v9.9.9", ["v9.9.9", "neurmatic/"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_before_anything_changes(world: World, tmp_path: Path, case: str) -> None:
    path, value, words = WRONG[case]
    before = world.stack.export()

    refused = world.pulumi("up", "--yes", PULUMI_OPTION_CONFIG_FILE=str(changed(world, tmp_path, path, value)))

    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert all(word in said for word in words), said
    assert "Traceback" not in said
    assert world.stack.export()["deployment"]["resources"] == before["deployment"]["resources"]


def changed(world: World, folder: Path, path: str, value: Any) -> Path:
    """Return a copy of the stack's configuration in which one setting is different, or gone."""
    document = yaml.safe_load(world.stack.config_file.read_text())
    section, *keys = path.split(".")
    target = document["config"]
    for key in (f"neurmatic:{section}", *keys)[:-1]:
        target = target[key]
    last = keys[-1] if keys else f"neurmatic:{section}"
    if value is REMOVED:
        del target[last]
    else:
        target[last] = value
    copy = folder / "Pulumi.sandbox.yaml"
    copy.write_text(yaml.safe_dump(document))
    return copy
