"""The AWS resources as checkov judges them. Slow, and the first run installs it; it needs no sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkov.terraform import terraform
from tests.checkov.tool import Finding, findings
from tests.engine import Declared

pytestmark = pytest.mark.story

WAIVERS = yaml.safe_load((Path(__file__).parent / "waivers.yaml").read_text())
WAIVED = {Finding(waiver["check"], waiver["resource"]) for waiver in WAIVERS}


@pytest.fixture
def document(production: Declared) -> dict[str, Any]:
    """Return the AWS resources of production as Terraform."""
    return terraform(resource for resource in production.made if resource.type.startswith("aws:"))


def test_checkov_finds_what_is_waived_with_a_reason_and_nothing_else(document: dict[str, Any], tmp_path: Path) -> None:
    found = findings(document, tmp_path)

    assert sorted(found - WAIVED) == [], "mend it, or waive it with a reason in waivers.yaml"
    assert sorted(WAIVED - found) == [], "a waiver that waives nothing hides the next finding: remove it"
    assert all(len(waiver["reason"].split()) > 5 for waiver in WAIVERS)


def test_checkov_understands_what_it_is_shown(document: dict[str, Any], tmp_path: Path) -> None:
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    del document["resource"]["aws_s3_bucket_public_access_block"]
    document["resource"]["aws_iam_policy"]["backup-access-writer-policy"]["policy"] = json.dumps(anything)

    found = findings(document, tmp_path)

    assert Finding("CKV2_AWS_6", "backup-bucket") in found, "the public may come in"
    assert Finding("CKV_AWS_62", "backup-access-writer-policy") in found, "the writer may do anything"
