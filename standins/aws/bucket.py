"""s3.Bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from standins.aws.client import Aws, errors
from standins.aws.fields import code, tag_list, tag_map
from standins.provider.resource import IncompleteError, ProviderError, Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

GONE = ("404", "NoSuchBucket")
"""What S3 answers when the bucket is no longer there."""

# Route 53's zone of each region's S3 website endpoints (docs.aws.amazon.com/general/latest/gr/s3.html).
HOSTED_ZONES = {
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


class Bucket(Resource[Aws]):
    """A bucket with its tags; everything else about it is a resource of its own."""

    handles = "aws:s3/bucket:Bucket"
    arguments = "pulumi_aws.s3.bucket:BucketArgs"
    replaces = frozenset({"bucket", "objectLockEnabled", "region"})
    auto_name = "bucket"
    outputs = frozenset(
        {
            "arn",
            "bucketDomainName",
            "bucketRegion",
            "bucketRegionalDomainName",
            "hostedZoneId",
            "region",
            "tagsAll",
        }
    )
    volatile_outputs = frozenset({"tagsAll"})

    _known = frozenset({"bucket", "forceDestroy", "objectLockEnabled", "region", "tags"})

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse the inputs that have a resource of their own, or none here."""
        for name in sorted(inputs.keys() - self._known):
            yield name, "the sandbox's stand-in does not set this on the bucket; use the resource for it"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the bucket in the provider's region, then tag it."""
        name, region = inputs["bucket"], self.client.region
        if inputs.get("region", region) != region:
            raise ProviderError(f"the sandbox's stand-in makes buckets in the provider's region, {region}, only")
        options: dict[str, Any] = {"ObjectLockEnabledForBucket": bool(inputs.get("objectLockEnabled"))}
        if region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": region}
        self.client.s3.create_bucket(Bucket=name, **options)
        try:
            self._tag(name, inputs)
        except errors.ClientError as error:
            raise IncompleteError(str(error), name, self._seen(name, {})) from error
        return name, self._seen(name, inputs.get("tags", {}))

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the bucket and its tags."""
        del outputs
        try:
            self.client.s3.head_bucket(Bucket=resource_id)
        except errors.ClientError as error:
            if code(error) in GONE:
                return None
            raise
        tags = self._tags(resource_id)
        if tags != inputs.get("tags", {}):
            inputs = {**inputs, "tags": tags}
        return {**inputs, "bucket": resource_id}, self._seen(resource_id, tags)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Bring the tags up to date; forceDestroy matters at deletion alone."""
        del old_inputs
        self._tag(resource_id, inputs)
        return {**outputs, "tagsAll": inputs.get("tags", {})}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the bucket; one that holds anything only with forceDestroy."""
        del outputs
        try:
            if inputs.get("forceDestroy"):
                self._empty(resource_id)
            self.client.s3.delete_bucket(Bucket=resource_id)
        except errors.ClientError as error:
            if code(error) not in GONE:
                raise

    def _tag(self, name: str, inputs: Plain) -> None:
        tags = inputs.get("tags", {})
        if tags:
            self.client.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
        elif self._tags(name):
            self.client.s3.delete_bucket_tagging(Bucket=name)

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return tag_map(self.client.s3.get_bucket_tagging(Bucket=name)["TagSet"])
        except errors.ClientError as error:
            if code(error) == "NoSuchTagSet":
                return {}
            raise

    def _seen(self, name: str, tags: dict[str, str]) -> Plain:
        region = self.client.region
        return {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "hostedZoneId": HOSTED_ZONES.get(region, ""),
            "region": region,
            "tagsAll": tags,
        }

    def _empty(self, name: str) -> None:
        for page in self.client.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects: list[ObjectIdentifierTypeDef] = [
                {"Key": each["Key"], "VersionId": each["VersionId"]} for each in found
            ]
            if objects:
                self.client.s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
