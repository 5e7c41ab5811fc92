"""Redis."""

from urllib.parse import quote

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import SECRETS, Host
from components.images import pinned
from components.network import Network
from components.script import FILES
from components.secret_file import secret_file
from settings import CacheSettings

_REDIS_USER_ID = 999


class Cache(Component):
    """One Redis server, reached as `redis` by the backends and on the host's loopback by its operators."""

    def __init__(
        self,
        settings: CacheSettings,
        *,
        password: pulumi.Output[str],
        host: Host,
        network: Network,
    ) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self.image = pinned(settings.image, "cache.image", host.docker)
        self.url = password.apply(lambda plain: f"redis://:{quote(plain, safe='')}@redis:6379/0")
        configuration = secret_file(
            "cache-configuration",
            "cache/redis.conf",
            password.apply(lambda plain: f"{(FILES / 'redis.conf').read_text()}requirepass {plain}\n"),
            owner=_REDIS_USER_ID,
            restarts="redis",
            host=host,
            opts=self.child(),
        )
        data = docker.Volume(
            "cache-data",
            name="neurmatic-redis",
            opts=pulumi.ResourceOptions.merge(
                self.child(), pulumi.ResourceOptions(protect=True, retain_on_delete=True)
            ),
        )
        docker.Container(
            "cache-server",
            name="redis",
            image=self.image,
            command=["redis-server", "/run/secrets/cache/redis.conf", "--maxmemory", f"{settings.maxmemory}mb"],
            mounts=[
                docker.ContainerMountArgs(type="volume", source=data.name, target="/data"),
                docker.ContainerMountArgs(
                    type="bind", source=f"{SECRETS}/cache", target="/run/secrets/cache", read_only=True
                ),
            ],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=["redis"])],
            ports=[docker.ContainerPortArgs(internal=6379, external=6379, ip="127.0.0.1")],
            labels=[docker.ContainerLabelArgs(label="neurmatic.keep", value="1")],
            cpus=f"{settings.cpus:g}",
            memory=settings.memory,
            memory_swap=settings.memory,
            capabilities=docker.ContainerCapabilitiesArgs(
                drops=["ALL"], adds=["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID"]
            ),
            security_opts=["no-new-privileges:true"],
            restart="always",
            stop_timeout=30,
            destroy_grace_seconds=30,
            healthcheck=docker.ContainerHealthcheckArgs(
                # A user that may do nothing else (redis.conf), so that the check holds no password.
                tests=["CMD-SHELL", "redis-cli --user health --pass none --no-auth-warning ping | grep -q PONG"],
                interval="2s",
                timeout="5s",
                retries=5,
                start_period="30s",
            ),
            wait=True,
            wait_timeout=120,
            opts=pulumi.ResourceOptions.merge(
                self.child(after=[configuration]), pulumi.ResourceOptions(replace_on_changes=["healthcheck"])
            ),
        )
        self.register_outputs({"image": self.image, "url": self.url})
