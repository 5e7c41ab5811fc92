"""What the rules for irreplaceable things refuse."""

import pytest

from tests.judge import judge

STATEFUL = ["docker:index/volume:Volume", "aws:s3/bucket:Bucket", "cloudflare:index/zone:Zone"]


@pytest.mark.parametrize("type_", STATEFUL)
def test_what_holds_data_has_to_be_protected(type_: str) -> None:
    (violation,) = judge(type_, {}, protect=False)

    assert violation.startswith("stateful-resources-protected: ")
    assert "ResourceOptions(protect=True)" in violation
    assert judge(type_, {}, protect=True) == []


def test_what_can_be_made_again_needs_no_protection() -> None:
    assert judge("docker:index/network:Network", {}, protect=False) == []
