"""s3.BucketServerSideEncryptionConfiguration."""

from __future__ import annotations

from collections.abc import Iterator

from standins.aws.fields import camel, one_of, pascal, same
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at, objects


class ServerSideEncryptionConfiguration(Setting):
    """How objects are encrypted."""

    handles = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    arguments = (
        "pulumi_aws.s3.bucket_server_side_encryption_configuration:BucketServerSideEncryptionConfigurationInitArgs"
    )
    gone = Setting.gone | {"ServerSideEncryptionConfigurationNotFoundError"}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse algorithms that S3 does not have."""
        for index, rule in objects(inputs.get("rules")):
            place = f"rules[{index}].applyServerSideEncryptionByDefault.sseAlgorithm"
            algorithm = at(rule, "applyServerSideEncryptionByDefault.sseAlgorithm")
            yield from one_of(place, algorithm, ("AES256", "aws:kms", "aws:kms:dsse"))

    def put(self, inputs: Plain) -> None:
        """Set the rules."""
        self.client.s3.put_bucket_encryption(
            Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": pascal(inputs["rules"])}
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the rules; a bucket key that is off is the same as none."""
        answer = self.client.s3.get_bucket_encryption(Bucket=bucket)
        rules = camel(answer["ServerSideEncryptionConfiguration"]["Rules"])
        return inputs if same(_complete(rules), _complete(inputs.get("rules", []))) else {**inputs, "rules": rules}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Return to S3's default."""
        del inputs
        self.client.s3.delete_bucket_encryption(Bucket=resource_id)


def _complete(rules: list[Plain]) -> list[Plain]:
    return [{"bucketKeyEnabled": False, **rule} for rule in rules]
