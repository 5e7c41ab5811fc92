"""The application's secrets as Swarm secrets, which services read from files."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import Host


class Secrets(Component):
    """A Swarm secret for each secret variable of the application."""

    def __init__(self, values: Mapping[str, pulumi.Output[str]], *, host: Host) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self.by_variable = {
            variable: docker.Secret(
                # Auto-named: with a fixed name every rotation would first delete a secret that is in use.
                f"secrets-{variable.lower().replace('_', '-')}",
                data=value.apply(lambda plain: base64.b64encode(plain.encode()).decode()),
                opts=self.child(),
            )
            for variable, value in values.items()
        }
