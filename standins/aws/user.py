"""iam.User and iam.UserGroupMembership."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from standins.aws.client import Aws, AwsResource
from standins.aws.fields import tag_list, tag_map
from standins.aws.iam import bad_name, tags_changed
from standins.provider.resource import ProviderError
from standins.provider.schema import Failure
from standins.provider.wire import Plain


class User(AwsResource):
    """An identity; its id is its name."""

    handles = "aws:iam/user:User"
    arguments = "pulumi_aws.iam.user:UserArgs"
    auto_name = "name"
    outputs = frozenset({"arn", "tagsAll", "uniqueId"})
    volatile_outputs = frozenset({"tagsAll"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse names that IAM does, and what the program has no use for."""
        yield from bad_name(inputs, 64)
        for name in sorted(inputs.keys() & {"forceDestroy", "permissionsBoundary"}):
            yield name, "the sandbox's stand-in does not do this"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the user."""
        tags = inputs.get("tags", {})
        user = self.client.iam.create_user(UserName=inputs["name"], Path=inputs.get("path", "/"), Tags=tag_list(tags))
        return inputs["name"], _outputs(user["User"], tags)

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the user and its tags."""
        del outputs
        user = self.client.iam.get_user(UserName=resource_id)["User"]
        tags = tag_map(user.get("Tags", []))
        if tags != inputs.get("tags", {}):
            inputs = {**inputs, "tags": tags}
        return {**inputs, "name": resource_id}, _outputs(user, tags)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Bring the tags up to date; the real plugin renames in place, and its resource's id with it."""
        if (inputs["name"], inputs.get("path")) != (resource_id, old_inputs.get("path")):
            raise ProviderError(f"the sandbox's stand-in does not rename the user {resource_id}")
        removed, changed = tags_changed(inputs, old_inputs)
        if removed:
            self.client.iam.untag_user(UserName=resource_id, TagKeys=removed)
        if changed:
            self.client.iam.tag_user(UserName=resource_id, Tags=changed)
        return {**outputs, "tagsAll": inputs.get("tags", {})}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Take the user out of its groups and remove it; IAM refuses while it has keys or policies."""
        del inputs
        iam = self.client.iam
        for group in _groups(self.client, resource_id):
            iam.remove_user_from_group(UserName=resource_id, GroupName=group)
        iam.delete_user(UserName=resource_id)


class UserGroupMembership(AwsResource):
    """Some of a user's groups; the ones that others gave it are none of this resource's business."""

    handles = "aws:iam/userGroupMembership:UserGroupMembership"
    arguments = "pulumi_aws.iam.user_group_membership:UserGroupMembershipArgs"
    replaces = frozenset({"user"})
    unordered = frozenset({"groups"})

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Put the user into the groups."""
        self._add(inputs["user"], inputs["groups"])
        return "/".join([inputs["user"], *sorted(inputs["groups"])]), {}

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look which of the groups the user is in."""
        del outputs
        user, *groups = resource_id.split("/")
        present = _groups(self.client, user)
        wanted = inputs.get("groups", groups)
        return {**inputs, "user": user, "groups": [group for group in wanted if group in present]}, {}

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Put the user into the new groups, and take it out of the others."""
        del resource_id, outputs
        self._remove(inputs["user"], set(old_inputs["groups"]) - set(inputs["groups"]))
        self._add(inputs["user"], set(inputs["groups"]) - set(old_inputs["groups"]))
        return {}

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Take the user out of the groups."""
        del resource_id
        self._remove(inputs["user"], inputs["groups"])

    def _add(self, user: str, groups: Iterable[str]) -> None:
        for group in groups:
            self.client.iam.add_user_to_group(UserName=user, GroupName=group)

    def _remove(self, user: str, groups: Iterable[str]) -> None:
        for group in groups:
            with suppress(self.client.iam.exceptions.NoSuchEntityException):
                self.client.iam.remove_user_from_group(UserName=user, GroupName=group)


def _groups(client: Aws, user: str) -> set[str]:
    pages = client.iam.get_paginator("list_groups_for_user").paginate(UserName=user)
    return {group["GroupName"] for page in pages for group in page["Groups"]}


def _outputs(user: Any, tags: dict[str, str]) -> Plain:
    return {"arn": user["Arn"], "uniqueId": user["UserId"], "tagsAll": tags}
