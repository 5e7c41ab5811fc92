"""iam.Group and iam.GroupPolicyAttachment."""

from __future__ import annotations

from collections.abc import Iterable

from standins.aws.client import AwsResource
from standins.aws.iam import bad_name
from standins.provider.resource import ProviderError
from standins.provider.schema import Failure
from standins.provider.wire import Plain


class Group(AwsResource):
    """Users who may do the same; its id is its name."""

    handles = "aws:iam/group:Group"
    arguments = "pulumi_aws.iam.group:GroupArgs"
    auto_name = "name"
    outputs = frozenset({"arn", "uniqueId"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse names that IAM does."""
        return bad_name(inputs, 128)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the group."""
        group = self.client.iam.create_group(GroupName=inputs["name"], Path=inputs.get("path", "/"))["Group"]
        return group["GroupName"], {"arn": group["Arn"], "uniqueId": group["GroupId"]}

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the group."""
        del outputs
        group = self.client.iam.get_group(GroupName=resource_id)["Group"]
        return {**inputs, "name": resource_id}, {"arn": group["Arn"], "uniqueId": group["GroupId"]}

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Refuse: the real plugin renames in place, and its resource's id with it."""
        del inputs, old_inputs, outputs
        raise ProviderError(f"the sandbox's stand-in does not rename the group {resource_id}")

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove the group; IAM refuses while it has users or policies."""
        del inputs
        self.client.iam.delete_group(GroupName=resource_id)


class GroupPolicyAttachment(AwsResource):
    """What a group may do."""

    handles = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
    arguments = "pulumi_aws.iam.group_policy_attachment:GroupPolicyAttachmentArgs"
    replaces = frozenset({"group", "policyArn"})
    delete_before_replace = True

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Attach the policy."""
        self.client.iam.attach_group_policy(GroupName=inputs["group"], PolicyArn=inputs["policyArn"])
        return f"{inputs['group']}/{inputs['policyArn']}", {}

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look whether the policy is attached."""
        del outputs
        group, _, arn = resource_id.partition("/")
        pages = self.client.iam.get_paginator("list_attached_group_policies").paginate(GroupName=group)
        attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
        return ({**inputs, "group": group, "policyArn": arn}, {}) if arn in attached else None

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Detach the policy."""
        del resource_id
        self.client.iam.detach_group_policy(GroupName=inputs["group"], PolicyArn=inputs["policyArn"])
