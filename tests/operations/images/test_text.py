"""A stack's file is changed where it is meant to be, and nowhere else."""

from __future__ import annotations

import pytest

from operations.errors import OperationError
from operations.images.text import replaced, values

FILE = """\
# What users see.
config:
  neurmatic:release: v1.0.0   # the one that serves
  neurmatic:database:
    image: "postgres:18"
    cpus: 4
  neurmatic:application: {backend: {image: ghcr.io/a/b:v1.0.0}, frontend: {image: c}}
  neurmatic:redis_password:
    secure: v1:AbC=
encryptionsalt: v1:x
"""


def test_only_the_values_change() -> None:
    new = {"release": "1.0", "application.backend.image": "ghcr.io/a/b:1.0@sha256:0", "database.image": "postgres:18@x"}

    changed = replaced(FILE, new)

    assert values(changed, new) == new
    expected = FILE.replace("v1.0.0   #", '"1.0"   #').replace('"postgres:18"', "postgres:18@x")
    assert changed == expected.replace("ghcr.io/a/b:v1.0.0", "ghcr.io/a/b:1.0@sha256:0")


@pytest.mark.parametrize("path", ["cache.image", "database.imag", "database", "application.backend.image.tag"])
def test_a_value_that_is_not_there_is_told_and_nothing_changes(path: str) -> None:
    assert values(FILE, [path]) == {}
    with pytest.raises(OperationError, match=f"neurmatic:{path} is not set"):
        replaced(FILE, {"release": "v2", path: "x"})


@pytest.mark.parametrize("file", ["", "[]", "config: []", "config:\n  neurmatic:release: [v1]\n"])
def test_a_file_of_another_form_has_no_values(file: str) -> None:
    assert values(file, ["release", "database.image"]) == {}


def test_a_file_that_is_no_yaml_is_told() -> None:
    with pytest.raises(OperationError, match="is no YAML"):
        values("config: [", ["release"])
