"""iam.AccessKey."""

from __future__ import annotations

from collections.abc import Iterable

from standins.aws.client import AwsResource, errors
from standins.aws.fields import one_of
from standins.provider.resource import IncompleteError
from standins.provider.schema import Failure
from standins.provider.wire import Plain

_STATES = ("Active", "Inactive")


class AccessKey(AwsResource):
    """A user's key; IAM tells its secret once, and the state keeps it encrypted."""

    handles = "aws:iam/accessKey:AccessKey"
    arguments = "pulumi_aws.iam.access_key:AccessKeyArgs"
    replaces = frozenset({"pgpKey", "user"})
    # The real plugin also derives a password for mail, which the program has no use for.
    outputs = frozenset({"createDate", "secret"})
    secret_outputs = frozenset({"secret"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what IAM has no name for, and a secret wrapped for a person."""
        yield from one_of("status", inputs.get("status"), _STATES)
        if "pgpKey" in inputs:
            yield "pgpKey", "the sandbox's stand-in does not do this"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the key."""
        key = self.client.iam.create_access_key(UserName=inputs["user"])["AccessKey"]
        outputs = {"createDate": f"{key['CreateDate']:%Y-%m-%dT%H:%M:%SZ}", "secret": key["SecretAccessKey"]}
        try:
            if inputs.get("status", _STATES[0]) != _STATES[0]:
                self._set_status(key["AccessKeyId"], inputs)
        except errors.ClientError as error:
            raise IncompleteError(str(error), key["AccessKeyId"], outputs) from error
        return key["AccessKeyId"], outputs

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look whether the user still has the key, and whether it works."""
        pages = self.client.iam.get_paginator("list_access_keys").paginate(UserName=inputs["user"])
        states = {key["AccessKeyId"]: key["Status"] for page in pages for key in page["AccessKeyMetadata"]}
        if resource_id not in states:
            return None
        if states[resource_id] != inputs.get("status", _STATES[0]):
            inputs = {**inputs, "status": states[resource_id]}
        return inputs, outputs

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Switch the key on or off."""
        del old_inputs
        self._set_status(resource_id, inputs)
        return outputs

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Remove the key."""
        self.client.iam.delete_access_key(UserName=inputs["user"], AccessKeyId=resource_id)

    def _set_status(self, key: str, inputs: Plain) -> None:
        status = inputs.get("status", _STATES[0])
        self.client.iam.update_access_key(UserName=inputs["user"], AccessKeyId=key, Status=status)
