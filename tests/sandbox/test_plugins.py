"""What made the sandbox's state also goes on with it: other plugins would replace most of what stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import access, lifecycle, plugins, previewing
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.stack import Stack


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("PULUMI_IGNORE_AMBIENT_PLUGINS", raising=False)
    return Stack(Clone(tmp_path))


def deploy(stack: Stack) -> None:
    """Leave what `make up` leaves when it deploys."""
    plugins.note(stack)
    stack.config_file.write_text("config: {}\n")


def put_on_path(stack: Stack, name: str) -> Path:
    plugin = stack.clone.root / "path" / f"pulumi-resource-{name}"
    plugin.parent.mkdir(exist_ok=True)
    plugin.touch(0o755)
    return plugin


def test_the_first_deployment_takes_whatever_is_there(stack: Stack) -> None:
    put_on_path(stack, "docker")

    plugins.refuse_others(stack)


def test_the_plugins_that_made_a_state_go_on_with_it(stack: Stack) -> None:
    put_on_path(stack, "docker")
    deploy(stack)

    plugins.refuse_others(stack)


@pytest.mark.parametrize("noted", [True, False])
def test_an_official_plugin_is_refused_on_what_a_stand_in_made(stack: Stack, noted: bool) -> None:
    deploy(stack)
    if not noted:  # by a release that did not
        next(stack.home.glob("*plugins*")).unlink()
    plugin = put_on_path(stack, "docker")

    with pytest.raises(SandboxError) as refused:
        plugins.refuse_others(stack)

    assert f"docker ({plugin})" in str(refused.value)
    assert "make down" in refused.value.mend


def test_a_stand_in_is_refused_on_what_an_official_plugin_made(stack: Stack) -> None:
    plugin = put_on_path(stack, "command")
    deploy(stack)
    plugin.unlink()

    with pytest.raises(SandboxError, match="official plugin of command") as refused:
        plugins.refuse_others(stack)

    assert "make down" in refused.value.mend


def test_plugins_that_the_engine_passes_over_are_no_others(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(stack)
    put_on_path(stack, "docker")
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")

    plugins.refuse_others(stack)


@pytest.mark.parametrize("command", [lifecycle.up, access.env, lambda clone: previewing.preview(clone, "sandbox")])
def test_whatever_deploys_or_previews_is_refused_before_it_begins(
    stack: Stack, command: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(stack)
    put_on_path(stack, "docker")
    monkeypatch.setattr(lifecycle, "_stand", lambda _: pytest.fail("it has begun"))
    assert callable(command)

    with pytest.raises(SandboxError, match="most of which would be replaced"):
        command(stack.clone)
