"""Parts of a secret in PEM."""

from __future__ import annotations

import pulumi
import pytest

from components.pem import certificates, private_key

KEY = "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----"
FIRST, SECOND = (f"-----BEGIN CERTIFICATE-----\n{each}\n-----END CERTIFICATE-----" for each in ("first", "second"))


@pytest.mark.parametrize(
    "text", [f"{KEY}\n{FIRST}\n{SECOND}\n", f"{FIRST}\n{SECOND}\n{KEY}", f"{FIRST}\n{KEY}\n{SECOND}"]
)
def test_certificates_and_key_are_told_apart_in_any_order(text: str) -> None:
    assert certificates("origin_pull_authority", text) == f"{FIRST}\n{SECOND}\n"
    assert private_key("origin_pull_authority", text) == f"{KEY}\n"


def test_a_secret_that_lacks_a_part_is_named_with_the_mend_and_not_shown() -> None:
    with pytest.raises(pulumi.RunError, match="neurmatic:origin_pull_client\n    holds no certificate\n") as refusal:
        certificates("origin_pull_client", KEY)

    assert "secrets rotate origin_pull_client" in str(refusal.value)
    assert "canary" not in str(refusal.value)
