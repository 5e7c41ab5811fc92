"""Redis."""

from urllib.parse import quote

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.container import DATA, container
from components.host import SECRETS, Host
from components.login import OWNER, login
from components.network import Network
from components.script import FILES, script
from settings import CacheSettings

_NAME = "redis"
_REDIS_USER_ID = 999
_USERS = f"{SECRETS}/cache"


class Cache(Component):
    """One Redis server, reached as `redis` by the backends and on the host's loopback by its operators."""

    def __init__(self, settings: CacheSettings, *, password: pulumi.Output[str], host: Host, network: Network) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self.url = password.apply(lambda plain: f"redis://{login(plain)}:{quote(plain, safe='')}@redis:6379/0")
        self._host = host
        self._password = password
        logins = self._allow("cache-login", {"OTHERS": "kept"}, self.child())
        self._logins = pulumi.Output.unsecret(logins.stdout)
        data = docker.Volume("cache-data", name="neurmatic-redis", opts=self.child(protect=True, retain_on_delete=True))
        container(
            self,
            "cache-server",
            settings,
            name=_NAME,
            network=network.data,
            starts=DATA,
            command=[
                "redis-server",
                *("--dir", "/data"),
                *("--aclfile", "/run/secrets/cache/users.acl"),
                # AOF loses one second of writes at most; RDB adds a compact copy.
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
            ports=[docker.ContainerPortArgs(internal=6379, external=6379, ip="127.0.0.1")],
            capabilities=["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"],
            grace_seconds=30,
            # A user that may only ping (users.acl), so that the check needs no password.
            check=["CMD-SHELL", "redis-cli --user health --pass none --no-auth-warning ping | grep -q PONG"],
            check_start_period="30s",
            healthy_within=120,
            after=[logins],
        )

    def retire_other_logins(self, name: str, *, opts: pulumi.ResourceOptions) -> None:
        """Revoke every password but the current one."""
        self._allow(name, {"OTHERS": "gone", "LOGINS": self._logins}, opts)

    def _allow(self, name: str, values: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions) -> remote.Command:
        """Write the ACL file with the current password, and have a running Redis load it."""
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
