from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clone import Clone
from sandbox.stack import FOREIGN, Stack


def test_no_variable_of_the_users_wins_over_the_sandboxs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "environment", lambda _: {"PULUMI_STACK": "sandbox"})
    for name in (*FOREIGN, "SSH_AUTH_SOCK", "PULUMI_STACK"):
        monkeypatch.setenv(name, "/nowhere")

    variables = Stack(Clone(tmp_path)).whole_environment()

    assert "/nowhere" not in variables.values()
