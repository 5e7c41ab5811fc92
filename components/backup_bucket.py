"""The bucket that holds the backups."""

import json
from typing import Any

import pulumi_aws as aws

from components.component import Component
from settings import BackupBucketSettings


class BackupBucket(Component):
    """A private, encrypted, versioned bucket that alone decides how long a backup is kept."""

    def __init__(self, settings: BackupBucketSettings, *, provider: aws.Provider) -> None:
        super().__init__(providers=[provider])
        bucket = aws.s3.Bucket("backup-bucket", bucket=settings.name, opts=self.child(protect=True))
        self.name = bucket.bucket
        # Not the bucket's output, which a first preview does not know: it has to show the policies that name the ARN.
        self.arn = f"arn:aws:s3:::{settings.name}"
        aws.s3.BucketOwnershipControls(
            "backup-bucket-ownership",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self.child(),
        )
        private = aws.s3.BucketPublicAccessBlock(
            "backup-bucket-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "backup-bucket-encryption",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm=_ENCRYPTION
                    )
                )
            ],
            opts=self.child(),
        )
        versioning = aws.s3.BucketVersioning(
            "backup-bucket-versioning",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        if settings.object_lock_days:
            aws.s3.BucketObjectLockConfiguration(
                "backup-bucket-lock",
                bucket=bucket.id,
                rule=_lock(settings.object_lock_days),
                opts=self.child(after=[versioning]),
            )
        aws.s3.BucketLifecycleConfiguration(
            "backup-bucket-lifecycle",
            bucket=bucket.id,
            rules=_lifecycle(settings),
            transition_default_minimum_object_size="varies_by_storage_class",
            opts=self.child(after=[versioning]),
        )
        aws.s3.BucketPolicy(
            "backup-bucket-tls-only",
            bucket=bucket.id,
            policy=json.dumps(_policy(self.arn)),
            opts=self.child(after=[private]),
        )


# S3's own keys, so that a restore depends on no key that could be lost, or deleted with an account.
_ENCRYPTION = "AES256"


def _lock(days: int) -> aws.s3.BucketObjectLockConfigurationRuleArgs:
    """Return the rule that no version can be deleted before it is so old.

    In mode COMPLIANCE, which even root cannot lift: GOVERNANCE can be bypassed with the operator's keys, which are what
    the lock guards against. The writer cannot delete anyway.
    """
    return aws.s3.BucketObjectLockConfigurationRuleArgs(
        default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode="COMPLIANCE", days=days)
    )


def _lifecycle(settings: BackupBucketSettings) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    """Return the rules for backups, which are uploaded as STANDARD_IA, and for all other objects."""
    everything = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
    return [
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="archive",
            status="Enabled",
            # S3 leaves objects below 128 KB where they are unless a rule names a size; an empty one is no backup.
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(
                and_=aws.s3.BucketLifecycleConfigurationRuleFilterAndArgs(
                    prefix=settings.prefix, object_size_greater_than=1
                )
            ),
            transitions=[
                aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(
                    days=settings.archive_after_days, storage_class=settings.archive_class
                )
            ],
        ),
        # The whole bucket, so that no other object is kept for ever by accident.
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="expire",
            status="Enabled",
            filter=everything,
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=settings.expire_after_days),
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=settings.noncurrent_days
            ),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=settings.multipart_days
            ),
        ),
        # S3 does not allow it in a rule with days.
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="forget-deleted",
            status="Enabled",
            filter=everything,
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
        ),
    ]


def _policy(bucket: str) -> dict[str, Any]:
    """Return the policy that denies what nobody may do, not even the account's administrators."""
    encryption, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-customer-algorithm"
    everything = {"Effect": "Deny", "Principal": "*"}
    uploads = {**everything, "Action": "s3:PutObject", "Resource": f"{bucket}/*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                **everything,
                "Sid": "TlsOnly",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            # An upload without the header, as by `aws s3 cp`, gets the bucket's encryption: hence the Null.
            {
                **uploads,
                "Sid": "NoOtherEncryption",
                "Condition": {"Null": {encryption: "false"}, "StringNotEquals": {encryption: _ENCRYPTION}},
            },
            # Against ransomware that overwrites backups with a key of its own.
            {**uploads, "Sid": "NoKeyOfTheUploader", "Condition": {"Null": {key: "false"}}},
        ],
    }
