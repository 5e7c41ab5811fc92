"""Redis."""

from urllib.parse import quote

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.container import replaced
from components.host import SECRETS, Host
from components.login import OWNER, login
from components.network import Network
from components.script import FILES, script
from settings import CacheSettings, cpus_text

_NAME = "redis"
_REDIS_USER_ID = 999
_USERS = f"{SECRETS}/cache"


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
        self.url = password.apply(lambda plain: f"redis://{login(plain)}:{quote(plain, safe='')}@redis:6379/0")
        self._host = host
        self._password = password
        logins = self._allow("cache-login", {"OTHERS": "kept"}, self.child())
        self._logins = pulumi.Output.unsecret(logins.stdout)
        data = docker.Volume(
            "cache-data",
            name="neurmatic-redis",
            opts=pulumi.ResourceOptions.merge(
                self.child(), pulumi.ResourceOptions(protect=True, retain_on_delete=True)
            ),
        )
        docker.Container(
            "cache-server",
            name=_NAME,
            image=settings.image,
            command=[
                "redis-server",
                *("--dir", "/data"),
                *("--aclfile", "/run/secrets/cache/users.acl"),
                # Lost at most one second of writes (AOF), and a compact copy beside it (RDB).
                *("--appendonly", "yes"),
                *("--appendfsync", "everysec"),
                *("--save", "3600 1 300 100 60 10000"),
                *("--maxmemory", f"{settings.maxmemory}mb"),
                *("--maxmemory-policy", "allkeys-lru"),
            ],
            mounts=[
                docker.ContainerMountArgs(type="volume", source=data.name, target="/data"),
                docker.ContainerMountArgs(type="bind", source=_USERS, target="/run/secrets/cache", read_only=True),
            ],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.data.name, aliases=["redis"])],
            ports=[docker.ContainerPortArgs(internal=6379, external=6379, ip="127.0.0.1")],
            labels=[docker.ContainerLabelArgs(label="neurmatic.keep", value="1")],
            cpus=cpus_text(settings.cpus),
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
                # A user that may do nothing else (users.acl), so that the check holds no password.
                tests=["CMD-SHELL", "redis-cli --user health --pass none --no-auth-warning ping | grep -q PONG"],
                interval="5s",
                timeout="5s",
                retries=3,
                start_period="30s",
            ),
            wait=True,
            wait_timeout=120,
            opts=replaced(self.child(after=[logins])),
        )
        self.register_outputs({"image": settings.image, "url": self.url})

    def retire_other_logins(self, name: str, *, opts: pulumi.ResourceOptions) -> None:
        """Refuse every password but the present one."""
        self._allow(name, {"OTHERS": "gone", "LOGINS": self._logins}, opts)

    def _allow(self, name: str, values: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions) -> remote.Command:
        """Write the file of users, with the present password, and have Redis read it if it runs."""
        fixed = {
            "CONTAINER": _NAME,
            "DIRECTORY": _USERS,
            "OWNER": OWNER,
            "USER_ID": str(_REDIS_USER_ID),
            "USERS": (FILES / "users.acl").read_text().strip(),
        }
        return script(
            name,
            "cache-login.sh",
            {**fixed, **values},
            connection=self._host.connection,
            stdin=self._password,
            secret=True,
            opts=opts,
        )
