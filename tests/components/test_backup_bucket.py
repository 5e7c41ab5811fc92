"""The bucket as it is declared."""

import json

from tests.engine import Declared


def test_the_lifecycle_is_the_briefs(platform: Declared) -> None:
    kept, forgotten = platform["backup-bucket-lifecycle"].inputs["rules"]

    assert kept["transitions"] == [{"days": 90, "storageClass": "GLACIER_IR"}]
    assert kept["expiration"] == {"days": 365}
    assert kept["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert kept["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert forgotten["expiration"] == {"expiredObjectDeleteMarker": True}
    assert kept["filter"] == forgotten["filter"] == {"prefix": ""}, "S3 wants to be told that it is the whole bucket"


def test_nobody_but_the_account_reads_it_and_only_by_tls(platform: Declared) -> None:
    private = platform["backup-bucket-private"].inputs
    (statement,) = json.loads(platform["backup-bucket-tls-only"].inputs["policy"])["Statement"]

    assert {private[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls")} == {True}
    assert private["restrictPublicBuckets"] is True
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert statement["Resource"] == ["arn:aws:s3:::neurmatic-backups", "arn:aws:s3:::neurmatic-backups/*"]


def test_it_is_encrypted_and_versioned(platform: Declared) -> None:
    (rule,) = platform["backup-bucket-encryption"].inputs["rules"]

    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert platform["backup-bucket-versioning"].inputs["versioningConfiguration"] == {"status": "Enabled"}
