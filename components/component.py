"""The base class of all components."""

from collections.abc import Sequence
from typing import Any

import pulumi


class Component(pulumi.ComponentResource):
    """A part of the platform, named after its module; its children wait for the resources in `after`."""

    def __init__(
        self, *, providers: Sequence[pulumi.ProviderResource] = (), after: Sequence[pulumi.Resource] = ()
    ) -> None:
        module = type(self).__module__.rpartition(".")[2]
        super().__init__(
            f"infra:{module}:{type(self).__name__}",
            module.replace("_", "-"),
            opts=pulumi.ResourceOptions(providers=list(providers)),
        )
        self._after = after

    def child(self, *, after: Sequence[pulumi.Resource] = (), **options: Any) -> pulumi.ResourceOptions:
        """Return the options of a child; its parent's dependencies, which Pulumi does not hand down, are added.

        `options` are further arguments of `pulumi.ResourceOptions`.
        """
        return pulumi.ResourceOptions(parent=self, depends_on=[*self._after, *after], **options)
