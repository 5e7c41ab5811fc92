"""What a person is told when `pulumi` refuses to begin; its words are the engine's own."""

from __future__ import annotations

import pytest

from operations.runner import failure, run


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ('parsing enforcement level for "images-pinned": "off" is not a valid enforcement level', "the levels are"),
        ("unexpected end of JSON input", "policy-config.STACK.json"),
        ("invalid character '}' looking for beginning of value", "policy-config.STACK.json"),
        ("something new", "put right what it says"),
    ],
)
def test_what_is_wrong_with_the_packs_configuration_is_told_with_the_file(said: str, mend: str) -> None:
    told = str(failure(["preview", "--stack", "production"], f"error: {said}\n"))

    assert said in told
    assert mend in told.partition("\n  mend: ")[2]


@pytest.mark.parametrize("environment", [None, {"PATH": "/usr/bin:/bin", "SSH_AUTH_SOCK": "/nowhere", "KEPT": "1"}])
def test_nothing_that_the_platform_runs_is_told_of_an_agent_of_keys(
    environment: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    monkeypatch.setenv("KEPT", "1")

    variables = run(["env"], environment=environment).stdout

    assert "SSH_AUTH_SOCK" not in variables
    assert "KEPT=1" in variables
