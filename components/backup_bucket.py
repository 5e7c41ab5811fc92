"""The bucket that holds the backups."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component
from settings import BackupBucketSettings


class BackupBucket(Component):
    """A private, encrypted, versioned bucket that alone decides how long a backup is kept."""

    def __init__(self, settings: BackupBucketSettings, *, provider: aws.Provider) -> None:
        super().__init__(providers=[provider])
        bucket = aws.s3.Bucket(
            "backup-bucket",
            bucket=settings.name,
            opts=pulumi.ResourceOptions.merge(self.child(), pulumi.ResourceOptions(protect=True)),
        )
        self.name = bucket.bucket
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
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(apply_server_side_encryption_by_default=_SSE_S3)
            ],
            opts=self.child(),
        )
        versioning = aws.s3.BucketVersioning(
            "backup-bucket-versioning",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        aws.s3.BucketLifecycleConfiguration(
            "backup-bucket-lifecycle",
            bucket=bucket.id,
            rules=_lifecycle(settings),
            opts=self.child(after=[versioning]),
        )
        aws.s3.BucketPolicy(
            "backup-bucket-tls-only",
            bucket=bucket.id,
            policy=json.dumps(_tls_only(settings.name)),
            opts=self.child(after=[private]),
        )
        self.register_outputs({"name": self.name})


_SSE_S3 = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
    sse_algorithm="AES256"
)


def _lifecycle(settings: BackupBucketSettings) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    everything = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
    return [
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="archive-then-expire",
            status="Enabled",
            filter=everything,
            transitions=[
                aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(
                    days=settings.archive_after_days, storage_class=settings.archive_class
                )
            ],
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=settings.expire_after_days),
            # What was overwritten or deleted by mistake can be had back for a month.
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=30
            ),
            # An upload that broke off is invisible and costs what it weighs.
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
        ),
        # S3 takes no days beside it in one rule.
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="forget-deleted",
            status="Enabled",
            filter=everything,
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
        ),
    ]


def _tls_only(bucket: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
