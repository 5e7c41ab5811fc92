from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.clone import Clone
from sandbox.images import kept


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Lend a clone with a `docker` that writes down its arguments, and saves a file where it is told to."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/called\n[ "$1" = load ] || echo images >"$3"\n')
    docker.chmod(0o755)
    return Clone(tmp_path)


def hold(monkeypatch: pytest.MonkeyPatch, *tags: str) -> None:
    """Have Docker hold images of these names."""
    client = SimpleNamespace(images=SimpleNamespace(list=lambda: [SimpleNamespace(tags=list(tags))]))
    monkeypatch.setattr(kept, "ensure_docker", lambda _: client)


def test_the_sandboxs_images_are_kept_and_no_others(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ["debian:bookworm", "neurmatic-sandbox/box:0123", "node:24-slim"]
    hold(monkeypatch, "127.0.0.1:20003/library/redis:8", "somebody/else:1", *reversed(ours))

    kept.save(clone)
    kept.load(clone)

    saved, loaded = (clone.root / "called").read_text().splitlines()
    assert saved.split()[3:] == ours
    assert loaded.split()[-1] == str(kept.place(clone))
    assert kept.place(clone).read_text() == "images\n"


def test_where_nothing_is_kept_nothing_is_done(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(monkeypatch, "somebody/else:1")

    kept.save(clone)
    kept.load(clone)

    assert not (clone.root / "called").exists()
    assert capsys.readouterr().err.count("`make up` makes them") == 2
