"""What the tests install for themselves; it takes long, and needs no sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import installed

pytestmark = pytest.mark.story


def test_an_installation_that_broke_off_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (lock := tmp_path / "tool" / "requirements.txt").parent.mkdir()
    lock.write_text("")
    with monkeypatch.context() as killed:
        killed.setattr("sandbox.venv.make", broken_off)
        with pytest.raises(KeyboardInterrupt):
            installed(tmp_path, lock)

    python = installed(tmp_path, lock) / "python"

    assert python.is_symlink()
    assert not (python.parent / "half").exists()
    assert installed(tmp_path, lock) / "python" == python


def test_a_program_finds_the_python_that_it_was_installed_for(tmp_path: Path) -> None:
    (lock := tmp_path / "tool" / "requirements.txt").parent.mkdir()
    lock.write_text("")

    program = installed(tmp_path, lock) / "pip"

    assert Path(program.read_text().splitlines()[0].removeprefix("#!")).exists()


def broken_off(home: Path, _: Path) -> None:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").write_text("half")
    (home / "bin" / "half").write_text("half")
    raise KeyboardInterrupt
