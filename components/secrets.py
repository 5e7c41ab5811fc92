"""The application's secrets, as Swarm hands them to services: files, each readable by its owner alone."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import Host


class Secrets(Component):
    """One Swarm secret for every variable that the application reads."""

    def __init__(self, values: Mapping[str, pulumi.Output[str]], *, host: Host) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self.by_variable = {
            variable: docker.Secret(
                # Named by Docker itself: a name of ours would make every rotation delete a secret in use first.
                f"secrets-{variable.lower().replace('_', '-')}",
                data=value.apply(lambda plain: base64.b64encode(plain.encode()).decode()),
                opts=self.child(),
            )
            for variable, value in values.items()
        }
