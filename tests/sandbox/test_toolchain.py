from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.clone import ROOT, Clone
from sandbox.engine import toolchain
from sandbox.errors import SandboxError
from tests.some import some


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return Clone(tmp_path)


def put_pulumi_on_path(clone: Clone, version: str) -> Path:
    binary = clone.root / "path" / "pulumi"
    binary.parent.mkdir()
    binary.write_text(f"#!/bin/sh\necho v{version}\n")
    binary.chmod(0o755)
    return binary


def test_the_engine_has_the_version_of_the_sdk() -> None:
    module = (ROOT / "sandbox" / "engine" / "go.mod").read_text()

    assert re.findall(r"pulumi/pkg/v3 v(\S+)", module) == [toolchain.pinned_version()]


def test_a_pulumi_on_path_that_is_new_enough_is_used_as_it_is(clone: Clone) -> None:
    binary = put_pulumi_on_path(clone, "3.999.0")

    assert toolchain.ensure_pulumi(clone) == binary.parent


def test_a_pulumi_that_is_too_old_is_not_used_and_without_go_the_error_says_how_to_get_either(clone: Clone) -> None:
    put_pulumi_on_path(clone, "3.99.1")

    with pytest.raises(SandboxError, match="install Go") as refused:
        toolchain.require_go(clone)

    assert toolchain.pinned_version() in refused.value.mend
    assert "pulumi.com/docs/install" in refused.value.mend


def test_every_provider_of_the_program_has_a_stand_in_where_the_engine_looks_for_its_plugin(clone: Clone) -> None:
    home = toolchain.ensure_plugins(clone)

    launchers = {path.name: path for path in home.glob("plugins/resource-*-v*/pulumi-resource-*")}
    assert set(launchers) == {f"pulumi-resource-{name}" for name in toolchain.PROVIDERS}
    assert all(path.stat().st_mode & 0o111 for path in some(launchers.values()))


def test_a_tool_is_built_once_for_each_state_of_its_own_module(clone: Clone, tmp_path: Path) -> None:
    put_go_on_path(clone)
    module = tmp_path / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        (module / name).write_text("one")

    built = toolchain.build(clone, "tool", "example.com/tool", module)
    again = toolchain.build(clone, "tool", "example.com/tool", module)
    (module / "go.sum").write_text("two")
    other = toolchain.build(clone, "tool", "example.com/tool", module)

    assert built == again != other
    assert built.read_text() == other.read_text() == f"{module} example.com/tool\n"
    assert (clone.root / "runs").read_text() == "run\nrun\n"


def test_what_must_be_built_without_go_is_refused_with_how_to_get_it(clone: Clone) -> None:
    with pytest.raises(SandboxError, match="vegeta must be built, and Go was not found") as refused:
        toolchain.ensure_tool(clone, "vegeta")

    assert "https://go.dev/doc/install" in refused.value.mend


def put_go_on_path(clone: Clone) -> None:
    """Put a Go on PATH that knows of no package and writes, in place of a binary, where it was called and for what."""
    binary = clone.root / "path" / "go"
    binary.parent.mkdir()
    binary.write_text(
        '#!/bin/sh\n[ "$1" = build ] || exit 0\nwhile [ "$1" != -o ]; do shift; done\n'
        f'echo run >>{clone.root}/runs\necho "$PWD $3" >"$2"\n'
    )
    binary.chmod(0o755)
