"""The official plugins are put where the engine looks first."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.clone import Clone
from sandbox.engine import official
from sandbox.errors import SandboxError

INSTALLS = """#!/bin/sh
folder="$PULUMI_HOME/plugins/resource-$4-v$5"
mkdir -p "$folder"
printf '#!/bin/sh\\necho %s %s\\n' "$4" "$5" >"$folder/pulumi-resource-$4"
chmod +x "$folder/pulumi-resource-$4"
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Clone(tmp_path)


def put_on_path(folder: Path, script: str) -> None:
    (folder / "pulumi").write_text(script)
    (folder / "pulumi").chmod(0o755)


def test_the_printed_folder_holds_the_plugins_of_the_installed_sdks_versions(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    put_on_path(clone.root, INSTALLS)

    for _ in range(2):  # again, it is the same
        official.fetch(clone)
        folder = capsys.readouterr().out.strip()

    for name in ("docker", "command"):
        plugin = shutil.which(f"pulumi-resource-{name}", path=folder)
        assert plugin
        said = subprocess.run([plugin], capture_output=True, text=True, check=True).stdout
        assert said.split() == [name, version(f"pulumi-{name}")]


def test_plugins_that_cannot_be_had_are_told_with_the_mend(clone: Clone) -> None:
    put_on_path(clone.root, "#!/bin/sh\necho 'error: no such host' >&2\nexit 255\n")

    with pytest.raises(SandboxError, match=r"(?s)no such host.*mend: install the official Pulumi CLI"):
        official.fetch(clone)
