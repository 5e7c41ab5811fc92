"""s3.BucketPolicy and iam.Policy: who may do what."""

from __future__ import annotations

from collections.abc import Iterable

from standins.aws import documents
from standins.aws.client import AwsResource
from standins.aws.fields import tag_list, tag_map
from standins.aws.iam import bad_name, tags_changed
from standins.aws.setting import Setting
from standins.provider.schema import Failure
from standins.provider.wire import Plain

_VERSIONS_KEPT = 5  # IAM's limit for one policy


class BucketPolicy(Setting):
    """Who may do what with the bucket."""

    handles = "aws:s3/bucketPolicy:BucketPolicy"
    arguments = "pulumi_aws.s3.bucket_policy:BucketPolicyArgs"
    gone = Setting.gone | {"NoSuchBucketPolicy"}

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse a text that is no JSON."""
        return documents.refuse(inputs)

    def put(self, inputs: Plain) -> None:
        """Set the policy."""
        self.client.s3.put_bucket_policy(Bucket=inputs["bucket"], Policy=documents.text(inputs["policy"]))

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the policy; how its JSON is written means nothing."""
        return documents.settled(inputs, self.client.s3.get_bucket_policy(Bucket=bucket)["Policy"])

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove the policy."""
        del inputs
        self.client.s3.delete_bucket_policy(Bucket=resource_id)


class Policy(AwsResource):
    """A policy of the account's own, in versions, of which one is in force; its id is its ARN."""

    handles = "aws:iam/policy:Policy"
    arguments = "pulumi_aws.iam.policy:PolicyArgs"
    replaces = frozenset({"description", "name", "namePrefix", "path"})
    auto_name = "name"
    # The real plugin also counts the attachments, which is another resource's doing and shows as drift at each refresh.
    outputs = frozenset({"arn", "policyId", "tagsAll"})
    volatile_outputs = frozenset({"tagsAll"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what IAM would, and a prefix of a name, which the program has no use for."""
        yield from documents.refuse(inputs)
        yield from bad_name(inputs, 128)
        if "namePrefix" in inputs:
            yield "namePrefix", "the sandbox's stand-in does not do this"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the policy."""
        policy = self.client.iam.create_policy(
            PolicyName=inputs["name"],
            Path=inputs.get("path", "/"),
            PolicyDocument=documents.text(inputs["policy"]),
            Description=inputs.get("description", ""),
            Tags=tag_list(inputs.get("tags", {})),
        )
        arn = policy["Policy"]["Arn"]
        return arn, self._seen(arn, inputs.get("tags", {}))

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the version in force and the tags."""
        del outputs
        policy = self.client.iam.get_policy(PolicyArn=resource_id)["Policy"]
        version = self.client.iam.get_policy_version(PolicyArn=resource_id, VersionId=policy["DefaultVersionId"])
        tags = tag_map(policy.get("Tags", []))
        if tags != inputs.get("tags", {}):
            inputs = {**inputs, "tags": tags}
        actual = documents.settled(inputs, version["PolicyVersion"]["Document"])
        return {**actual, "name": policy["PolicyName"]}, self._seen(resource_id, tags)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Put the document in force as a new version; the oldest makes room for it."""
        del outputs
        iam = self.client.iam
        versions = iam.list_policy_versions(PolicyArn=resource_id)["Versions"]
        if len(versions) == _VERSIONS_KEPT:
            unused = [version for version in versions if not version["IsDefaultVersion"]]
            oldest = min(unused, key=lambda version: version["CreateDate"])
            iam.delete_policy_version(PolicyArn=resource_id, VersionId=oldest["VersionId"])
        iam.create_policy_version(
            PolicyArn=resource_id, PolicyDocument=documents.text(inputs["policy"]), SetAsDefault=True
        )
        removed, changed = tags_changed(inputs, old_inputs)
        if removed:
            iam.untag_policy(PolicyArn=resource_id, TagKeys=removed)
        if changed:
            iam.tag_policy(PolicyArn=resource_id, Tags=changed)
        return self._seen(resource_id, inputs.get("tags", {}))

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove the policy with all its versions."""
        del inputs
        iam = self.client.iam
        for version in iam.list_policy_versions(PolicyArn=resource_id)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=resource_id, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=resource_id)

    def _seen(self, arn: str, tags: dict[str, str]) -> Plain:
        return {
            "arn": arn,
            "policyId": self.client.iam.get_policy(PolicyArn=arn)["Policy"]["PolicyId"],
            "tagsAll": tags,
        }
