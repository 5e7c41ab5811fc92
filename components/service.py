"""A Swarm service with rolling updates, and the check that it runs what is declared."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.script import script
from settings import ApplicationSettings

ENTRYPOINT = "/entrypoint.sh"
READABLE_BY_ITS_OWNER = 0o400
READABLE_AND_EXECUTABLE = 0o555
# Enough to pull an image over a slow connection.
DEADLINE_SECONDS = "600"

_ROLLING: dict[str, Any] = {"order": "start-first", "parallelism": 1, "delay": "0s", "max_failure_ratio": "0"}


def service(
    component: Component,
    name: str,
    settings: ApplicationSettings,
    *,
    replicas: int,
    release: str,
    resources: docker.ServiceTaskSpecResourcesArgs,
    networks: Sequence[docker.Network],
    container: docker.ServiceTaskSpecContainerSpecArgs,
    connection: pulumi.Input[remote.ConnectionArgs],
    after: Sequence[pulumi.Resource],
) -> remote.Command:
    """Declare a service with rolling updates, and return the check that it runs what is declared."""
    monitor = f"{settings.monitor_seconds}s"
    task = docker.ServiceTaskSpecArgs(
        container_spec=container,
        networks_advanceds=[
            docker.ServiceTaskSpecNetworksAdvancedArgs(id=network.id, aliases=[name]) for network in networks
        ],
        resources=resources,
        # All four, because Docker's defaults would show as a change at every preview.
        restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(
            condition="any", delay="2s", max_attempts=0, window="0s"
        ),
    )
    declared = docker.Service(
        f"application-{name}",
        labels=[docker.ServiceLabelArgs(label="neurmatic.release", value=release)],
        mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=replicas)),
        # nginx resolves the replicas; a virtual IP would hide which of them fails.
        endpoint_spec=docker.ServiceEndpointSpecArgs(mode="dnsrr"),
        update_config=docker.ServiceUpdateConfigArgs(failure_action="rollback", monitor=monitor, **_ROLLING),
        rollback_config=docker.ServiceRollbackConfigArgs(failure_action="pause", monitor=monitor, **_ROLLING),
        task_spec=task,
        opts=component.child(after=after),
    )
    return script(
        f"application-{name}-verified",
        "verify-service.sh",
        {
            "SERVICE": declared.id,
            "RESOURCE": f"application-{name}",
            "IMAGE": pulumi.Output.from_input(container.image),
            "REPLICAS": str(replicas),
            "DEADLINE_SECONDS": DEADLINE_SECONDS,
            # Every change of the task is an update to verify.
            "TASK": pulumi.Output.json_dumps(task, sort_keys=True, default=vars).apply(_fingerprint),
        },
        connection=connection,
        opts=component.child(),
    )


def health(settings: ApplicationSettings, command: list[str]) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
    """Return the health check of a replica, by a command."""
    return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
        tests=command,
        interval=f"{settings.health_interval_seconds}s",
        timeout="5s",
        retries=3,
        start_period="30s",
    )


def limits(cpus: float, memory: int) -> docker.ServiceTaskSpecResourcesArgs:
    """Return the limits of a replica: processors and megabytes."""
    return docker.ServiceTaskSpecResourcesArgs(
        limits=docker.ServiceTaskSpecResourcesLimitsArgs(nano_cpus=round(cpus * 1e9), memory_bytes=memory * 2**20)
    )


def _fingerprint(text: str) -> str:
    return sha256(text.encode()).hexdigest()
