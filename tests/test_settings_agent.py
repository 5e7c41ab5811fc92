"""A variable that leads to no agent of keys: the program goes on, and the operator is told before anything fails."""

from __future__ import annotations

import socket
from pathlib import Path

import pulumi
import pytest

from settings.agent import warn_where_none_answers


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", messages.append)
    return messages


def test_an_agent_that_is_gone_is_told_with_its_mend(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_over = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(left_over))
    for path in (left_over, tmp_path / "nowhere", "/" + "long" * 100):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))

        warn_where_none_answers()

        assert "mend: unset SSH_AUTH_SOCK" in warnings.pop()


def test_an_agent_that_answers_is_no_news(tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()

        warn_where_none_answers()

    assert warnings == []


@pytest.mark.parametrize("value", ["", None])
def test_without_an_agent_nothing_is_asked(
    value: str | None, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    else:
        monkeypatch.setenv("SSH_AUTH_SOCK", value)

    warn_where_none_answers()

    assert warnings == []
