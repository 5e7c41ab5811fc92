"""What a person is told when `pulumi` refuses to begin; its words are the engine's own."""

from __future__ import annotations

import pytest

from operations.runner import failure


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
