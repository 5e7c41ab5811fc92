"""The bucket as it is declared."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from components.backup_bucket import BackupBucket
from settings import BackupBucketSettings
from tests.engine import Declared, declare
from tests.some import some

BRIEFS = {"name": "neurmatic-backups", "region": "eu-west-3"}


def declared(**given: Any) -> Declared:
    def program() -> None:
        BackupBucket(BackupBucketSettings(**BRIEFS, **given), provider=aws.Provider("backups", region="eu-west-3"))

    return declare(program)


def test_the_lifecycle_is_the_briefs() -> None:
    lifecycle = declared()["backup-bucket-lifecycle"].inputs
    archive, expire, forget = lifecycle["rules"]

    assert {rule["status"] for rule in lifecycle["rules"]} == {"Enabled"}
    assert archive["transitions"] == [{"days": 90, "storageClass": "GLACIER_IR"}]
    assert archive["filter"] == {"and": {"prefix": "database/", "objectSizeGreaterThan": 1}}
    assert expire["expiration"] == {"days": 365}
    assert expire["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert expire["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert forget["expiration"] == {"expiredObjectDeleteMarker": True}
    assert expire["filter"] == forget["filter"] == {"prefix": ""}, "S3 wants to be told that it is the whole bucket"


def test_no_rule_holds_what_s3_refuses_beside_each_other() -> None:
    rules = declared()["backup-bucket-lifecycle"].inputs["rules"]

    for rule in some(rule for rule in rules if "objectSizeGreaterThan" in rule["filter"].get("and", {})):
        assert not {"abortIncompleteMultipartUpload", "expiration"} & rule.keys()


def test_each_number_of_the_lifecycle_is_a_setting() -> None:
    given: dict[str, Any] = {
        "prefix": "dumps/",
        "archive_class": "DEEP_ARCHIVE",
        "archive_after_days": 31,
        "expire_after_days": 32,
        "noncurrent_days": 33,
        "multipart_days": 6,
    }
    rules = json.dumps(declared(**given)["backup-bucket-lifecycle"].inputs["rules"])

    assert all(json.dumps(value) in rules for value in some(given.values()))


def test_nobody_but_the_account_reads_it() -> None:
    bucket = declared()
    private = bucket["backup-bucket-private"].inputs

    assert {private[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls")} == {True}
    assert private["restrictPublicBuckets"] is True
    assert bucket["backup-bucket-ownership"].inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_it_is_encrypted_and_versioned() -> None:
    bucket = declared()
    (rule,) = bucket["backup-bucket-encryption"].inputs["rules"]

    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert bucket["backup-bucket-versioning"].inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_it_is_protected_and_never_emptied_by_force() -> None:
    bucket = declared()["backup-bucket"]

    assert bucket.request.protect
    assert "forceDestroy" not in bucket.inputs


def test_versions_are_locked_against_everybody_where_the_stack_asks_for_it() -> None:
    (lock,) = declared(object_lock_days=14).of_type(":BucketObjectLockConfiguration")

    assert lock.inputs["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 14}
    assert "backup-bucket-versioning" in lock.depends_on, "S3 locks versions, and wants them"
    assert declared(object_lock_days=None).of_type(":BucketObjectLockConfiguration") == []
