"""A base image that was not finished gets no name, and its recipe decides the name."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.images import debootstrap


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put first on PATH what fails as debootstrap does without a mirror."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("setpriv", "debootstrap"):
        (directory / name).write_text("#!/bin/sh\necho 'E: Failed getting release file'\nexit 1\n")
        (directory / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")
    monkeypatch.setattr(debootstrap, "ADMIN_PATH", str(directory))
    monkeypatch.setattr(debootstrap, "KEYRING", directory / "debootstrap")
    return directory


@pytest.mark.usefixtures("tools")
def test_a_failed_debootstrap_imports_nothing_and_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    client: Any = SimpleNamespace(info=lambda: {"DockerRootDir": "/"})

    with pytest.raises(SandboxError, match="Failed getting release file"):
        debootstrap.make(client, "bookworm", tmp_path / "scratch", tmp_path / "log")


def test_a_base_image_tells_which_packages_it_was_made_of(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    target, imported = tmp_path / "scratch" / "bookworm", list[str]()
    apt = target / "etc" / "apt"
    (tools / "setpriv").write_text(
        f"#!/bin/sh\nmkdir -p {apt}/apt.conf.d\necho 'deb m bookworm main' >{apt}/sources.list\n"
    )
    (tools / "chroot").write_text('#!/bin/sh\nprintf "%s adduser\\t3.134\\n" "$*"\n')
    (tools / "chroot").chmod(0o755)
    client: Any = SimpleNamespace(
        info=lambda: {"DockerRootDir": "/"},
        api=SimpleNamespace(import_image_from_file=lambda archive, *_, **__: imported.append(archive)),
    )

    debootstrap.make(client, "bookworm", tmp_path / "scratch", tmp_path / "bookworm.log")

    assert imported == [str(tmp_path / "scratch" / "bookworm.tar")]
    assert f"{target} dpkg-query --show adduser\t3.134\n" in (tmp_path / "bookworm.packages").read_text()


def test_without_root_and_sudo_the_mend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    client: Any = None

    with pytest.raises(SandboxError) as caught:
        debootstrap.make(client, "bookworm", tmp_path / "scratch", tmp_path / "log")

    assert "run the command as root" in caught.value.mend


def test_another_recipe_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = debootstrap.name("forky")

    monkeypatch.setattr(debootstrap, "APT_CONF", "")

    assert debootstrap.name("forky") != before
    assert debootstrap.name("forky") != debootstrap.name("bookworm")
