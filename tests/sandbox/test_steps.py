from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.steps import run, step


def test_a_process_that_fails_is_told_with_its_last_lines_its_log_and_the_mend(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"

    with pytest.raises(SandboxError) as failed:
        run([sys.executable, "-c", "print('no room'); raise SystemExit(3)"], log=log, mend="free some room")

    assert "exited with 3" in str(failed.value)
    assert "no room" in str(failed.value)
    assert "mend: free some room" in str(failed.value)
    assert str(log) in str(failed.value)


def test_a_program_that_is_not_there_is_told_like_any_other_failure(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="could not be started"):
        run(["/nowhere/program"], log=tmp_path / "log", mend="install it")


def test_a_long_step_shows_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.steps.TICK_SECONDS", 0.05)
    log = tmp_path / "log"
    log.write_text("compiled 100\ncompiled 200\n")

    with step("build", log):
        run([sys.executable, "-c", "import time; time.sleep(1)"], log=tmp_path / "other", mend="")

    assert "compiled 200" in capsys.readouterr().err
