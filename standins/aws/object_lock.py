"""s3.BucketObjectLockConfiguration."""

from __future__ import annotations

from collections.abc import Iterator

from standins.aws.fields import camel, one_of, pascal
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at


class ObjectLockConfiguration(Setting):
    """For how long nobody can delete a version, from the moment it is written."""

    handles = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    arguments = "pulumi_aws.s3.bucket_object_lock_configuration:BucketObjectLockConfigurationInitArgs"
    replaces = Setting.replaces | {"objectLockEnabled"}
    gone = Setting.gone | {"ObjectLockConfigurationNotFoundError"}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what S3 has no name for, and two lengths at once."""
        yield from one_of("objectLockEnabled", inputs.get("objectLockEnabled"), ("Enabled",))
        retention = at(inputs, "rule.defaultRetention")
        yield from one_of("rule.defaultRetention.mode", at(retention, "mode"), ("GOVERNANCE", "COMPLIANCE"))
        if isinstance(retention, dict) and {"days", "years"} <= retention.keys():
            yield "rule.defaultRetention.days", "conflicts with years"

    def put(self, inputs: Plain) -> None:
        """Set the length for what is written from now on."""
        self._put(inputs["bucket"], {"rule": inputs["rule"]} if "rule" in inputs else {})

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the length; one of days and years is none at all."""
        lock = self.client.s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        retention = {key: value for key, value in camel(at(lock, "Rule.DefaultRetention") or {}).items() if value}
        rest = {name: value for name, value in inputs.items() if name != "rule"}
        return {**rest, "rule": {"defaultRetention": retention}} if retention else rest

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Take the length away; a bucket that once could lock always can."""
        del inputs
        self._put(resource_id, {})

    def _put(self, bucket: str, rule: Plain) -> None:
        configuration = pascal({"objectLockEnabled": "Enabled", **rule})
        self.client.s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
