"""What the plain containers have in common."""

import pulumi

_REPLACED_BY = ["healthcheck", "mounts", "tmpfs"]
"""Inputs that Docker fixes when it makes a container. The provider takes a change for an update, and never makes it."""


def replaced(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Return the options of a container, with how it is replaced: the old one, which has the name, goes first."""
    return pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(replace_on_changes=_REPLACED_BY, delete_before_replace=True)
    )
