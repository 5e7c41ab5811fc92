"""A committed stack is judged as it is, whatever the shell works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clone import Clone
from sandbox.throw_away import ThrowAway


@pytest.mark.parametrize(("purpose", "judged"), [("rehearsal", None), ("rollback", "rollback"), ("change", "change")])
def test_a_shell_that_works_on_the_sandbox_does_not_make_a_rehearsal_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str, judged: str | None
) -> None:
    monkeypatch.setattr("sandbox.engine.toolchain.ensure_pulumi", lambda clone: clone.state)
    monkeypatch.setattr("sandbox.engine.toolchain.ensure_plugins", lambda clone: clone.state)
    monkeypatch.setenv("POLICY_PURPOSE", purpose)

    environment = ThrowAway(Clone(tmp_path), "production", "https://192.0.2.1").whole_environment()

    assert environment.get("POLICY_PURPOSE") == judged
