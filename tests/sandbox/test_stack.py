from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.owners import pin
from sandbox.stack import Stack
from sandbox.workspace import FOREIGN
from tests.engine import DIGEST


def test_no_variable_of_the_users_wins_over_the_sandboxs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "environment", lambda _: {"PULUMI_STACK": "sandbox"})
    for name in (*FOREIGN, "SSH_AUTH_SOCK", "PULUMI_STACK"):
        monkeypatch.setenv(name, "/nowhere")

    variables = Stack(Clone(tmp_path)).whole_environment()

    assert "/nowhere" not in variables.values()


def test_a_digest_is_that_of_what_was_built_here_and_one_that_is_written_stays() -> None:
    own = "192.0.2.23/library/postgres:18"
    config: dict[str, Any] = {
        "neurmatic:database": {"image": own},
        "neurmatic:cache": {"image": f"redis:8@{DIGEST}"},
        "neurmatic:application": {"backend": {"image": "192.0.2.23/neurmatic/backend:v1.0.0"}},
    }

    pinned = pin(config, lambda image: f"sha256:{len(image.repository):064x}")

    assert pinned == ["database.image", "application.backend.image"]
    assert config["neurmatic:database"] == {"image": f"{own}@sha256:{len(own) - 3:064x}"}
    assert config["neurmatic:cache"] == {"image": f"redis:8@{DIGEST}"}


def test_a_failure_is_told_of_this_run_and_not_of_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Clone(tmp_path)
    log = clone.logs / "pulumi-up.log"
    log.parent.mkdir(parents=True)
    log.write_text("$ pulumi up\nDiagnostics:\n  docker:index:Container (of-yesterday):\n    error: no space left\n")

    def fails(*_: object, **__: object) -> None:
        raise SandboxError("`pulumi up` exited with 1", "read it", log)

    monkeypatch.setattr("sandbox.stack.run", fails)
    monkeypatch.setattr(Stack, "whole_environment", lambda _: {})

    with pytest.raises(SandboxError, match="exited with 1"):
        Stack(clone).up()
