"""What a lock pins is installed, whatever the package index has by now."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox import venv
from sandbox.errors import SandboxError

pytestmark = pytest.mark.story

# The pip of Python 3.11.7, which resolves an extra past its lock; newer ones do not.
RESOLVES_PAST_THE_LOCK = "23.2.1"


class Index:
    """A package index of its own (PEP 503): a folder a package, which http.server lists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, name: str, version: str, *metadata: str) -> str:
        """Put a package into the index; return the line that pins it."""
        wheel = self._folder / name / f"{name}-{version}-py3-none-any.whl"
        wheel.parent.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info"
        contents = {
            f"{name}.py": "",
            f"{info}/METADATA": "\n".join(
                ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]
            ),
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in contents.items():
                archive.writestr(path, text)
            archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"]))
        return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Serve an index on loopback, the only one that pip knows."""
    (folder := tmp_path / "index").mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield Index(folder)
        server.shutdown()


@pytest.fixture
def lock(index: Index, tmp_path: Path) -> Path:
    """Write a lock of two packages, one of which asks for an extra of the other, and release the other anew."""
    pins = index.publish("asking", "1.0", "Requires-Dist: asked[more]>=1.0")
    pins += index.publish("asked", "1.0", "Provides-Extra: more")
    index.publish("asked", "2.0", "Provides-Extra: more")
    (file := tmp_path / "requirements.txt").write_text(pins)
    return file


def test_a_newer_release_of_what_an_extra_names_changes_nothing(lock: Path, tmp_path: Path) -> None:
    venv.make(tmp_path / "home", lock)

    assert installed(tmp_path / "home") == {"asking==1.0", "asked==1.0"}
    if pip(tmp_path / "home", "--version").stdout.split()[1] == RESOLVES_PAST_THE_LOCK:
        resolving = [option for option in venv.LOCKED if option != "--no-deps"]
        again = ["install", "--dry-run", "--ignore-installed", *resolving, "--requirement", str(lock)]
        assert "all requirements must have their versions pinned with ==" in pip(tmp_path / "home", *again).stderr


def test_a_lock_that_lacks_what_a_package_needs_is_refused(index: Index, tmp_path: Path) -> None:
    (lock := tmp_path / "requirements.txt").write_text(index.publish("asking", "1.0", "Requires-Dist: asked>=1.0"))

    with pytest.raises(SandboxError, match=r"asking 1\.0 requires asked, which is not installed") as refused:
        venv.make(tmp_path / "home", lock)

    assert "make lock" in refused.value.mend


def installed(home: Path) -> set[str]:
    """Return what an environment holds beside pip and what came with it."""
    return set(pip(home, "freeze").stdout.split())


def pip(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(home / "bin" / "python"), "-m", "pip", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)
