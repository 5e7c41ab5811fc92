"""s3.BucketLifecycleConfiguration."""

from __future__ import annotations

from collections.abc import Iterator

from standins.aws.fields import camel, one_of, pascal, same
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain, objects

STORAGE_CLASSES = ("GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
SMALLEST_OBJECTS = ("all_storage_classes_128K", "varies_by_storage_class")


class LifecycleConfiguration(Setting):
    """When objects move to cheaper storage, and when they go."""

    handles = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    arguments = "pulumi_aws.s3.bucket_lifecycle_configuration:BucketLifecycleConfigurationArgs"
    unordered = frozenset({"rules.transitions", "rules.noncurrentVersionTransitions"})
    gone = Setting.gone | {"NoSuchLifecycleConfiguration"}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse a configuration without rules, and what S3 has no name for."""
        if not inputs.get("rules"):
            yield "rules", "expected at least one rule"
        for index, rule in objects(inputs.get("rules")):
            yield from one_of(f"rules[{index}].status", rule.get("status"), ("Enabled", "Disabled"))
            for kind in ("transitions", "noncurrentVersionTransitions"):
                for number, transition in objects(rule.get(kind)):
                    place = f"rules[{index}].{kind}[{number}].storageClass"
                    yield from one_of(place, transition.get("storageClass"), STORAGE_CLASSES)
        size = inputs.get("transitionDefaultMinimumObjectSize")
        yield from one_of("transitionDefaultMinimumObjectSize", size, SMALLEST_OBJECTS)

    def put(self, inputs: Plain) -> None:
        """Set all rules."""
        size = inputs.get("transitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0])
        self.client.s3.put_bucket_lifecycle_configuration(
            Bucket=inputs["bucket"],
            LifecycleConfiguration={"Rules": pascal(inputs["rules"])},
            TransitionDefaultMinimumObjectSize=size,
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read all rules; their order means nothing."""
        answer = self.client.s3.get_bucket_lifecycle_configuration(Bucket=bucket)
        rules, size = camel(answer["Rules"]), answer.get("TransitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0])
        if not same(rules, inputs.get("rules")):
            inputs = {**inputs, "rules": rules}
        if size != inputs.get("transitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0]):
            inputs = {**inputs, "transitionDefaultMinimumObjectSize": size}
        return inputs

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove all rules."""
        del inputs
        self.client.s3.delete_bucket_lifecycle(Bucket=resource_id)
