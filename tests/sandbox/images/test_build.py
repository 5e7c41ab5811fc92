"""An image is named by all that decides its content, and what is sent to Docker depends on nothing else."""

from __future__ import annotations

import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import ImageNotFound

from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.images import bases
from sandbox.images.build import build

ENOUGH = "/"


class Docker:
    """A Docker that keeps the names it was asked to build, and answers builds as it is told."""

    def __init__(self, *answers: dict[str, str], succeeds: bool = True) -> None:
        self.answers = answers
        self.succeeds = succeeds
        self.ids: dict[str, str] = {}
        self.packages: dict[str, bytes] = {}
        self.sent: list[list[str]] = []
        self.images = SimpleNamespace(get=self._get)
        self.api = SimpleNamespace(build=self._build)
        self.containers = SimpleNamespace(run=self._run)

    def info(self) -> dict[str, str]:
        return {"DockerRootDir": ENOUGH}

    def _run(self, image: str, command: list[str], *, entrypoint: list[str], **_: Any) -> bytes:
        assert [*entrypoint, *command] == ["dpkg-query", "--show"]
        if (kept := self.packages.get(image.partition(":")[0])) is None:
            raise ImageNotFound(image)
        return kept

    def _get(self, name: str) -> SimpleNamespace:
        if name not in self.ids:
            raise ImageNotFound(name)
        return SimpleNamespace(id=self.ids[name])

    def _build(self, *, fileobj: Any, tag: str, **_: Any) -> list[dict[str, str]]:
        with tarfile.open(fileobj=fileobj) as archive:
            self.sent.append(archive.getnames())
        if self.succeeds:
            self.ids[tag] = f"sha256:{len(self.ids)}"
        return list(self.answers)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    made = tmp_path / "context"
    (made / "node_modules" / "left").mkdir(parents=True)
    (made / "node_modules" / "left" / "index.js").write_text("local")
    (made / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    return made


def _build(client: Any, context: Path, **arguments: str) -> str:
    return build(client, context, "part", context.parent / "logs" / "part.log", arguments)


def test_an_unchanged_image_is_built_once(context: Path) -> None:
    client = Docker()

    first, second = _build(client, context, RELEASE="v1"), _build(client, context, RELEASE="v1")

    assert first == second
    assert len(client.sent) == 1


@pytest.mark.parametrize("change", ["content", "mode", "argument", "base"])
def test_whatever_decides_the_content_changes_the_name(context: Path, change: str) -> None:
    client = Docker()
    client.ids["debian:bookworm"] = "sha256:old"
    before = _build(client, context, BASE="debian:bookworm", RELEASE="v1")
    release = "v1"

    if change == "content":
        (context / "Dockerfile").write_text("FROM scratch\n")
    elif change == "mode":
        (context / "Dockerfile").chmod(0o755)
    elif change == "argument":
        release = "v2"
    else:
        client.ids["debian:bookworm"] = "sha256:new"

    assert _build(client, context, BASE="debian:bookworm", RELEASE=release) != before


def test_the_context_brings_the_machines_authorities_and_leaves_out_what_was_installed_locally(context: Path) -> None:
    client = Docker()

    _build(client, context)

    assert client.sent == [["Dockerfile", "ca-certificates.crt"]]


def test_a_failed_build_shows_the_end_of_its_log_and_where_the_log_is(context: Path) -> None:
    client = Docker({"stream": "Step 1/2\n"}, {"error": "\x1b[91mno such package\x1b[0m\n"}, succeeds=False)

    with pytest.raises(SandboxError) as caught:
        _build(client, context)

    assert "no such package" in caught.value.problem
    assert caught.value.log is not None
    assert caught.value.log.read_text() == "Step 1/2\nno such package\n"


def test_a_build_writes_down_which_packages_it_got(context: Path) -> None:
    client = Docker({"stream": " ---> 0123456789ab\n"})
    client.packages = {"0123456789ab": b"curl\t1\n", "neurmatic-sandbox/part": b"curl\t1\nzlib1g:amd64\t2\n"}

    _build(client, context)

    assert (context.parent / "logs" / "part.packages").read_text() == "curl\t1\nzlib1g:amd64\t2\n"


def test_a_failed_build_shows_the_packages_that_it_asked_for_as_its_last_layer_holds_them(context: Path) -> None:
    (context / "Dockerfile").write_text("FROM debian\nRUN apt-get install curl \\\n    zlib1g\nRUN false\n")
    layers = [{"stream": f" ---> {layer}\n"} for layer in ("00000000000a", "Using cache", "00000000000b")]
    client = Docker(*layers, {"stream": " ---> Running in 00000000000c\n"}, {"error": "exited\n"}, succeeds=False)
    client.packages = {"00000000000a": b"", "00000000000b": b"adduser\t3\ncurl\t7.88-1\nzlib1g:amd64\t1:2\n"}

    with pytest.raises(SandboxError) as caught:
        _build(client, context)

    packages = context.parent / "logs" / "part.packages"
    assert caught.value.problem.endswith(
        f"exited\nDebian's packages by then: curl 7.88-1, zlib1g:amd64 1:2, all in {packages}"
    )
    assert packages.read_text().startswith("adduser\t3\n")


def test_a_disk_that_fills_up_is_told_with_numbers(context: Path) -> None:
    client = Docker({"error": "write /var/lib/x: no space left on device"}, succeeds=False)

    with pytest.raises(SandboxError, match=r"needs 2\.0 GiB, there are [\d.]+ GiB free"):
        _build(client, context)


def test_a_disk_that_is_too_full_is_told_before_anything_is_built(
    context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Docker()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1024**3))

    with pytest.raises(SandboxError, match=r"building the image part needs 2\.0 GiB, there are 1\.0 GiB free"):
        _build(client, context)

    assert not client.sent


def test_the_build_tools_are_the_platforms_node_with_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = Docker()
    clone = Clone(root=tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(bases, "registry_reachable", lambda: False)
    monkeypatch.setattr("sandbox.images.debootstrap.make", lambda *_: None)

    bases.official(client, clone, "npm")

    assert [name.partition(":")[0] for name in client.ids] == ["neurmatic-sandbox/node", "neurmatic-sandbox/npm"]
