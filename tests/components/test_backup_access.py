"""The identities as they are declared; what they may do, the stories try."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.backup_access import BackupAccess
from components.backup_bucket import BackupBucket
from settings import BackupBucketSettings
from tests.engine import Declared, declare

OBJECTS = "arn:aws:s3:::neurmatic-backups/database/*"


def declared(**given: Any) -> Declared:
    def program() -> None:
        settings = BackupBucketSettings(name="neurmatic-backups", region="eu-west-3", **given)
        provider = aws.Provider("backups", region="eu-west-3")
        access = BackupAccess(settings, bucket=BackupBucket(settings, provider=provider), provider=provider)
        pulumi.export("writer", access.writer.id)

    return declare(program)


def statements(access: Declared, role: str) -> list[dict[str, Any]]:
    return list(json.loads(access[f"backup-access-{role}-policy"].inputs["policy"])["Statement"])


def test_the_writer_puts_and_lists_and_nothing_else() -> None:
    objects, lists = statements(declared(), "writer")

    assert (objects["Action"], objects["Resource"]) == (["s3:PutObject", "s3:AbortMultipartUpload"], OBJECTS)
    assert (lists["Action"], lists["Resource"]) == (["s3:ListBucket"], "arn:aws:s3:::neurmatic-backups")
    assert lists["Condition"] == {"StringLike": {"s3:prefix": "database/*"}}


@pytest.mark.parametrize(("archive", "thaws"), [("GLACIER_IR", False), ("GLACIER", True), ("DEEP_ARCHIVE", True)])
def test_the_reader_thaws_only_what_freezes(archive: str, thaws: bool) -> None:
    objects, _ = statements(declared(archive_class=archive), "reader")

    assert set(objects["Action"]) - {"s3:RestoreObject"} == {"s3:GetObject", "s3:GetObjectVersion"}
    assert ("s3:RestoreObject" in objects["Action"]) == thaws


def test_policies_hang_on_groups_and_names_on_the_bucket() -> None:
    access = declared()

    for role in ("writer", "reader"):
        name = f"neurmatic-backups-{role}"
        assert access[f"backup-access-{role}"].inputs["name"] == name
        assert access[f"backup-access-{role}-attachment"].inputs["group"] == name
        assert access[f"backup-access-{role}-membership"].inputs == {"user": name, "groups": [name]}
    assert not access.of_type(":UserPolicy") + access.of_type(":UserPolicyAttachment")


def test_a_key_is_made_when_it_opens_something_and_its_secret_is_secret() -> None:
    access = declared()

    for role in ("writer", "reader"):
        key = access[f"backup-access-{role}-key"]
        assert key.depends_on >= {f"backup-access-{role}-attachment", f"backup-access-{role}-membership"}
        assert "secret" in key.request.additionalSecretOutputs
