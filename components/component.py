"""What all parts of the platform have in common."""

from collections.abc import Sequence
from typing import Any

import pulumi


class Component(pulumi.ComponentResource):
    """A part of the platform: one of its kind, named after its class, made when the parts it comes `after` stand."""

    def __init__(
        self,
        *,
        providers: Sequence[pulumi.ProviderResource] = (),
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        module = type(self).__module__.rpartition(".")[2]
        super().__init__(
            f"infra:{module}:{type(self).__name__}",
            module.replace("_", "-"),
            opts=pulumi.ResourceOptions(providers=list(providers)),
        )
        self._after = after

    def child(self, *, after: Sequence[pulumi.Resource] = (), **options: Any) -> pulumi.ResourceOptions:
        """Return the options of a child, which Pulumi itself does not make wait for what its parent waits for.

        `options` is what else `pulumi.ResourceOptions` takes.
        """
        return pulumi.ResourceOptions(parent=self, depends_on=[*self._after, *after], **options)
