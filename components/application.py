"""What is released: the migration, the backends, the frontend, in this order."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import Host
from components.migration import migration
from components.network import Network
from components.script import FILES
from components.secrets import Secrets
from components.service import ENTRYPOINT, READABLE_AND_EXECUTABLE, READABLE_BY_ITS_OWNER, health, limits, service
from settings import ApplicationSettings

_HEALTHCHECK = "/healthcheck.js"


class Application(Component):
    """The release: its migration, then its backends, then its frontend, each verified before the next begins."""

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
        entrypoint, healthcheck = (
            docker.ServiceConfig(f"application-{file.stem}", data_raw=file.read_text(), opts=self.child())
            for file in (FILES / "entrypoint.sh", FILES / "healthcheck.js")
        )
        environment = backend.variables(environment=settings.environment, release=release)
        migrated = migration(self, backend, secrets, entrypoint, environment, host=host, network=network, after=after)
        served = service(
            self,
            "backend",
            settings,
            connection=host.connection,
            replicas=backend.replicas,
            release=release,
            resources=limits(backend.cpus, backend.memory),
            networks=[network.visitors, network.data],
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image=backend.image,
                commands=[ENTRYPOINT],
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
                        file_mode=READABLE_BY_ITS_OWNER,
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
                        file_mode=READABLE_AND_EXECUTABLE,
                    )
                    for config, path in ((entrypoint, ENTRYPOINT), (healthcheck, _HEALTHCHECK))
                ],
                healthcheck=health(settings, ["CMD", "node", _HEALTHCHECK]),
                # Swarm's own 2 s, the entrypoint's 3 s, and the longest request.
                stop_grace_period="40s",
            ),
            after=[migrated],
        )
        service(
            self,
            "frontend",
            settings,
            connection=host.connection,
            replicas=frontend.replicas,
            release=release,
            resources=limits(frontend.cpus, frontend.memory),
            networks=[network.visitors],
            container=docker.ServiceTaskSpecContainerSpecArgs(
                image=frontend.image,
                cap_drops=["ALL"],
                cap_adds=["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"],
                healthcheck=health(settings, ["CMD", *frontend.health_check]),
                stop_grace_period="30s",
            ),
            after=[served],
        )
