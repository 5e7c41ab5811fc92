"""What is released: the migration, the backends, the frontend, in this order."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.host import Host
from components.network import Network
from components.script import FILES, script
from components.secrets import Secrets
from settings import ApplicationSettings, BackendSettings

_READABLE_BY_ITS_OWNER = 0o400
_READABLE_AND_EXECUTABLE = 0o555
_ENTRYPOINT = "/entrypoint.sh"
_HEALTHCHECK = "/healthcheck.js"
# Longer than an image takes to arrive over a slow line.
_DEADLINE_SECONDS = "600"


class Application(Component):
    """The release: its migration first, then its backends, then its frontend, each proven before the next begins."""

    def __init__(
        self,
        settings: ApplicationSettings,
        *,
        release: str,
        secrets: Secrets,
        host: Host,
        network: Network,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__(providers=[host.docker], after=[host])
        backend, frontend = settings.backend, settings.frontend
        self.ports = {"backend": backend.port, "frontend": frontend.port}
        self._host = host
        self._network = network
        self._settings = settings

        entrypoint, healthcheck = (
            docker.ServiceConfig(f"application-{file.stem}", data_raw=file.read_text(), opts=self.child())
            for file in (FILES / "entrypoint.sh", FILES / "healthcheck.js")
        )
        environment = backend.variables(environment=settings.environment, release=release)
        migrated = self._migration(backend, secrets, entrypoint, environment, after=after)
        served = self._service(
            "backend",
            replicas=backend.replicas,
            release=release,
            limits=_limits(backend.cpus, backend.memory),
            networks=[self._network.visitors, self._network.data],
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image=backend.image,
                commands=[_ENTRYPOINT],
                args=list(backend.command),
                env=environment,
                user=str(backend.user_id),
                cap_drops=["ALL"],
                secrets=[
                    docker.ServiceTaskSpecContainerSpecSecretArgs(
                        secret_id=secret.id,
                        secret_name=secret.name,
                        file_name=variable,
                        file_uid=str(backend.user_id),
                        file_gid=str(backend.user_id),
                        file_mode=_READABLE_BY_ITS_OWNER,
                    )
                    for variable, secret in secrets.by_variable.items()
                ],
                configs=[
                    docker.ServiceTaskSpecContainerSpecConfigArgs(
                        config_id=config.id,
                        config_name=config.name,
                        file_name=path,
                        file_uid="0",
                        file_gid="0",
                        file_mode=_READABLE_AND_EXECUTABLE,
                    )
                    for config, path in ((entrypoint, _ENTRYPOINT), (healthcheck, _HEALTHCHECK))
                ],
                healthcheck=self._health(["CMD", "node", _HEALTHCHECK]),
                # Swarm's own 2 s, the entrypoint's 3 s, and the longest request.
                stop_grace_period="40s",
            ),
            after=[migrated],
        )
        self._service(
            "frontend",
            replicas=frontend.replicas,
            release=release,
            limits=_limits(frontend.cpus, frontend.memory),
            networks=[self._network.visitors],
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image=frontend.image,
                cap_drops=["ALL"],
                cap_adds=["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"],
                healthcheck=self._health(["CMD", *frontend.health_check]),
                stop_grace_period="30s",
            ),
            after=[served],
        )

    def _migration(
        self,
        backend: BackendSettings,
        secrets: Secrets,
        entrypoint: docker.ServiceConfig,
        environment: dict[str, str],
        *,
        after: Sequence[pulumi.Resource],
    ) -> remote.Command:
        """Bring the database to the release; runs again for another image, command, variable or secret."""
        owner = f"uid={backend.user_id},gid={backend.user_id},mode=0{_READABLE_BY_ITS_OWNER:o}"
        names = {variable: secret.name for variable, secret in secrets.by_variable.items()}
        arguments = pulumi.Output.all(network=self._network.data.id, entrypoint=entrypoint.name, **names).apply(
            lambda known: shlex.join(
                [
                    *("--network", known["network"]),
                    *("--user", str(backend.user_id)),
                    *("--cap-drop", "ALL"),
                    *("--limit-cpu", str(backend.cpus)),
                    *("--limit-memory", f"{backend.memory}M"),
                    *(
                        "--config",
                        f"source={known['entrypoint']},target={_ENTRYPOINT},mode=0{_READABLE_AND_EXECUTABLE:o}",
                    ),
                    *("--entrypoint", _ENTRYPOINT),
                    *_each("--secret", [f"source={known[name]},target={name},{owner}" for name in names]),
                    *_each("--env", [f"{name}={value}" for name, value in environment.items()]),
                    backend.image,
                    *backend.migrate_command,
                ]
            )
        )
        return script(
            "application-migration",
            "migrate.sh",
            {"ARGUMENTS": arguments, "DEADLINE_SECONDS": _DEADLINE_SECONDS},
            connection=self._host.connection,
            opts=self.child(after=after),
        )

    def _service(
        self,
        name: str,
        *,
        replicas: int,
        release: str,
        limits: docker.ServiceTaskSpecResourcesArgs,
        networks: Sequence[docker.Network],
        container: docker.ServiceTaskSpecContainerSpecArgs,
        after: Sequence[pulumi.Resource],
    ) -> remote.Command:
        """Declare a service that updates without a gap, and the proof that it runs what was declared."""
        monitor = f"{self._settings.monitor_seconds}s"
        task = docker.ServiceTaskSpecArgs(
            container_spec=container,
            networks_advanceds=[
                docker.ServiceTaskSpecNetworksAdvancedArgs(id=each.id, aliases=[name]) for each in networks
            ],
            resources=limits,
            # All four, or the ones that Docker fills in show as a change at every preview.
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(
                condition="any", delay="2s", max_attempts=0, window="0s"
            ),
        )
        service = docker.Service(
            f"application-{name}",
            labels=[docker.ServiceLabelArgs(label="neurmatic.release", value=release)],
            mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=replicas)),
            # nginx asks for the replicas themselves; a virtual address would hide which of them fails.
            endpoint_spec=docker.ServiceEndpointSpecArgs(mode="dnsrr"),
            update_config=docker.ServiceUpdateConfigArgs(failure_action="rollback", monitor=monitor, **_ROLLING),
            rollback_config=docker.ServiceRollbackConfigArgs(failure_action="pause", monitor=monitor, **_ROLLING),
            task_spec=task,
            opts=self.child(after=after),
        )
        return script(
            f"application-{name}-verified",
            "verify-service.sh",
            {
                "SERVICE": service.id,
                "RESOURCE": f"application-{name}",
                "IMAGE": pulumi.Output.from_input(container.image),
                "REPLICAS": str(replicas),
                "DEADLINE_SECONDS": _DEADLINE_SECONDS,
                # Every change of the task is an update that has to be proven anew.
                "TASK": pulumi.Output.json_dumps(task, sort_keys=True, default=vars).apply(_fingerprint),
            },
            connection=self._host.connection,
            opts=self.child(),
        )

    def _health(self, command: list[str]) -> docker.ServiceTaskSpecContainerSpecHealthcheckArgs:
        return docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
            tests=command,
            interval=f"{self._settings.health_interval_seconds}s",
            timeout="5s",
            retries=3,
            start_period="30s",
        )


_ROLLING: dict[str, Any] = {"order": "start-first", "parallelism": 1, "delay": "0s", "max_failure_ratio": "0"}


def _limits(cpus: float, memory: int) -> docker.ServiceTaskSpecResourcesArgs:
    return docker.ServiceTaskSpecResourcesArgs(
        limits=docker.ServiceTaskSpecResourcesLimitsArgs(nano_cpus=round(cpus * 1e9), memory_bytes=memory * 2**20)
    )


def _fingerprint(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _each(option: str, values: list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
