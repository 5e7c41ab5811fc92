"""s3.BucketVersioning."""

from __future__ import annotations

from collections.abc import Iterator

from standins.aws.fields import one_of
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at


class Versioning(Setting):
    """Whether old versions of objects are kept."""

    handles = "aws:s3/bucketVersioning:BucketVersioning"
    arguments = "pulumi_aws.s3.bucket_versioning:BucketVersioningInitArgs"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what S3 has no name for, and deletion by token, which no server here checks."""
        status = at(inputs, "versioningConfiguration.status")
        yield from one_of("versioningConfiguration.status", status, ("Enabled", "Suspended", "Disabled"))
        if "mfa" in inputs:
            yield "mfa", "the sandbox's stand-in does not do this"

    def put(self, inputs: Plain) -> None:
        """Set the status; a bucket that never was versioned is Disabled by nature."""
        status = inputs["versioningConfiguration"]["status"]
        if status != "Disabled":
            self.client.s3.put_bucket_versioning(Bucket=inputs["bucket"], VersioningConfiguration={"Status": status})

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the status."""
        status = self.client.s3.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")
        return {**inputs, "versioningConfiguration": {**inputs.get("versioningConfiguration", {}), "status": status}}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Suspend it: a versioned bucket never becomes an unversioned one."""
        if inputs["versioningConfiguration"]["status"] == "Enabled":
            self.client.s3.put_bucket_versioning(Bucket=resource_id, VersioningConfiguration={"Status": "Suspended"})
