from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.clone import Clone
from sandbox.docker_engine import ensure_docker
from sandbox.errors import SandboxError


def test_without_docker_and_the_right_to_install_it_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    monkeypatch.setattr("sandbox.packages.ADMIN_PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(SandboxError, match="dockerd is not installed, and this user may not install it") as refused:
        ensure_docker(Clone(tmp_path))

    assert "docs.docker.com" in refused.value.mend
