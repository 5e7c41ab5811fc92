"""The database migration that runs before a release."""

import shlex
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.host import Host
from components.network import Network
from components.script import script
from components.secrets import Secrets
from components.service import DEADLINE_SECONDS, ENTRYPOINT, READABLE_AND_EXECUTABLE, READABLE_BY_ITS_OWNER
from settings import BackendSettings


def migration(
    component: Component,
    backend: BackendSettings,
    secrets: Secrets,
    entrypoint: docker.ServiceConfig,
    environment: dict[str, str],
    *,
    host: Host,
    network: Network,
    after: Sequence[pulumi.Resource],
) -> remote.Command:
    """Declare the migration; it runs again when its image, command, variables or secrets change."""
    owner = f"uid={backend.user_id},gid={backend.user_id},mode=0{READABLE_BY_ITS_OWNER:o}"
    names = {variable: secret.name for variable, secret in secrets.by_variable.items()}
    arguments = pulumi.Output.all(network=network.data.id, entrypoint=entrypoint.name, **names).apply(
        lambda outputs: shlex.join(
            [
                *("--network", outputs["network"]),
                *("--user", str(backend.user_id)),
                *("--cap-drop", "ALL"),
                *("--limit-cpu", str(backend.cpus)),
                *("--limit-memory", f"{backend.memory}M"),
                *("--config", f"source={outputs['entrypoint']},target={ENTRYPOINT},mode=0{READABLE_AND_EXECUTABLE:o}"),
                *("--entrypoint", ENTRYPOINT),
                *_repeated("--secret", [f"source={outputs[name]},target={name},{owner}" for name in names]),
                *_repeated("--env", [f"{name}={value}" for name, value in environment.items()]),
                backend.image,
                *backend.migrate_command,
            ]
        )
    )
    return script(
        "application-migration",
        "migrate.sh",
        {"ARGUMENTS": arguments, "DEADLINE_SECONDS": DEADLINE_SECONDS},
        connection=host.connection,
        opts=component.child(after=after),
    )


def _repeated(option: str, values: list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
