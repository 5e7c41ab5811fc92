"""s3.Bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from standins.aws.client import AwsResource, errors
from standins.aws.fields import tag_list, tag_map
from standins.provider.resource import IncompleteError, ProviderError
from standins.provider.schema import Failure
from standins.provider.wire import Plain

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

GONE = frozenset({"404", "NoSuchBucket"})
"""What S3 answers when the bucket is no longer there."""


class Bucket(AwsResource):
    """A bucket with its tags; everything else about it is a resource of its own."""

    handles = "aws:s3/bucket:Bucket"
    arguments = "pulumi_aws.s3.bucket:BucketArgs"
    replaces = frozenset({"bucket", "objectLockEnabled", "region"})
    auto_name = "bucket"
    outputs = frozenset({"arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "region", "tagsAll"})
    volatile_outputs = frozenset({"tagsAll"})
    gone = GONE

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
            raise IncompleteError(str(error), name, self._outputs(name, {})) from error
        return name, self._outputs(name, inputs.get("tags", {}))

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain]:
        """Look at the bucket and its tags."""
        del outputs
        self.client.s3.head_bucket(Bucket=resource_id)
        tags = self._tags(resource_id)
        if tags != inputs.get("tags", {}):
            inputs = {**inputs, "tags": tags}
        return {**inputs, "bucket": resource_id}, self._outputs(resource_id, tags)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Bring the tags up to date; forceDestroy matters at deletion alone."""
        del old_inputs
        self._tag(resource_id, inputs)
        return {**outputs, "tagsAll": inputs.get("tags", {})}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove the bucket; one that holds anything only with forceDestroy."""
        if inputs.get("forceDestroy"):
            self._empty(resource_id)
        self.client.s3.delete_bucket(Bucket=resource_id)

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
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def _outputs(self, name: str, tags: dict[str, str]) -> Plain:
        region = self.client.region
        return {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "region": region,
            "tagsAll": tags,
        }

    def _empty(self, name: str) -> None:
        for page in self.client.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects: list[ObjectIdentifierTypeDef] = [
                {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
            ]
            if objects:
                self.client.s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
