"""Who may use the backups: one identity that writes them, another that reads them for a restore."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.backup_bucket import BackupBucket
from components.component import Component
from settings import BackupBucketSettings


@dataclass(frozen=True)
class AccessKey:
    """The credentials of a program at S3."""

    id: pulumi.Output[str]
    secret: pulumi.Output[str]


class BackupAccess(Component):
    """A writer that can neither read nor delete, for the VPS, and a reader that changes nothing, for a restore.

    Users with keys, because the VPS is outside AWS and has no instance role: a certificate for IAM Roles Anywhere could
    be stolen from it just like a key. So a key permits as little as possible, and `pulumi up --replace` creates another
    before it deletes the old one.
    """

    def __init__(self, settings: BackupBucketSettings, *, bucket: BackupBucket, provider: aws.Provider) -> None:
        super().__init__(providers=[provider])
        # Putting can overwrite; the old version can be restored for noncurrent_days, or object_lock_days.
        put = ["s3:PutObject", "s3:AbortMultipartUpload"]
        self.writer = self._identity("writer", settings, bucket, put, ["s3:ListBucket"])
        get = ["s3:GetObject", "s3:GetObjectVersion"]
        thaw = [] if settings.archive_class == "GLACIER_IR" else ["s3:RestoreObject"]
        self.reader = self._identity("reader", settings, bucket, get + thaw, ["s3:ListBucket", "s3:ListBucketVersions"])
        self.keys = {
            role: {"id": key.id, "secret": key.secret}
            for role, key in (("writer", self.writer), ("reader", self.reader))
        }

    def _identity(
        self, role: str, settings: BackupBucketSettings, bucket: BackupBucket, objects: list[str], lists: list[str]
    ) -> AccessKey:
        """Declare a user in a group that has the policy; a person joins the group to do the same."""
        # Named after the bucket, which is unique, so that stacks in one account do not clash.
        name = f"{settings.name}-{role}"
        user = aws.iam.User(f"backup-access-{role}", name=name, opts=self.child())
        group = aws.iam.Group(f"backup-access-{role}-group", name=name, opts=self.child())
        policy = aws.iam.Policy(
            f"backup-access-{role}-policy",
            name=name,
            policy=json.dumps(_policy(bucket.arn, settings.prefix, objects, lists)),
            opts=self.child(),
        )
        attached = aws.iam.GroupPolicyAttachment(
            f"backup-access-{role}-attachment", group=group.name, policy_arn=policy.arn, opts=self.child()
        )
        member = aws.iam.UserGroupMembership(
            f"backup-access-{role}-membership", user=user.name, groups=[group.name], opts=self.child()
        )
        key = aws.iam.AccessKey(f"backup-access-{role}-key", user=user.name, opts=self.child(after=[attached, member]))
        return AccessKey(key.id, key.secret)


def _policy(bucket: str, prefix: str, objects: list[str], lists: list[str]) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Objects", "Effect": "Allow", "Action": objects, "Resource": f"{bucket}/{prefix}*"},
            {
                "Sid": "Lists",
                "Effect": "Allow",
                "Action": lists,
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
            },
        ],
    }
