"""s3.BucketOwnershipControls and s3.BucketPublicAccessBlock: whom a bucket is closed to."""

from __future__ import annotations

from collections.abc import Iterator

from standins.aws.fields import camel, one_of, pascal
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at


class OwnershipControls(Setting):
    """Who owns the objects, and whether access lists count."""

    handles = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    arguments = "pulumi_aws.s3.bucket_ownership_controls:BucketOwnershipControlsArgs"
    gone = Setting.gone | {"OwnershipControlsNotFoundError"}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what S3 has no name for."""
        values = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
        yield from one_of("rule.objectOwnership", at(inputs, "rule.objectOwnership"), values)

    def put(self, inputs: Plain) -> None:
        """Set the ownership."""
        self.client.s3.put_bucket_ownership_controls(
            Bucket=inputs["bucket"], OwnershipControls={"Rules": [pascal(inputs["rule"])]}
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the ownership."""
        answer = self.client.s3.get_bucket_ownership_controls(Bucket=bucket)
        return {**inputs, "rule": camel(answer["OwnershipControls"]["Rules"][0])}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Return to S3's default."""
        del inputs
        self.client.s3.delete_bucket_ownership_controls(Bucket=resource_id)


class PublicAccessBlock(Setting):
    """The four switches that keep a bucket from the public."""

    handles = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    arguments = "pulumi_aws.s3.bucket_public_access_block:BucketPublicAccessBlockArgs"
    gone = Setting.gone | {"NoSuchPublicAccessBlockConfiguration"}

    _switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

    def put(self, inputs: Plain) -> None:
        """Set all four; the ones not given are off."""
        switches = pascal({name: inputs.get(name, False) for name in self._switches})
        self.client.s3.put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=switches)

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read all four."""
        answer = self.client.s3.get_public_access_block(Bucket=bucket)
        switches = camel(answer["PublicAccessBlockConfiguration"])
        return {**inputs, **{name: on for name, on in switches.items() if on != inputs.get(name, False)}}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Take the block away, unless it is meant to outlive the resource."""
        if not inputs.get("skipDestroy"):
            self.client.s3.delete_public_access_block(Bucket=resource_id)
