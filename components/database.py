"""PostgreSQL."""

from urllib.parse import quote

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.container import DATA, container
from components.host import Host
from components.login import OWNER, login
from components.network import Network
from components.script import script
from settings import DatabaseSettings


class Database(Component):
    """One PostgreSQL server, reached as `postgres` by the backends and on the host's loopback by its operators."""

    def __init__(
        self, settings: DatabaseSettings, *, password: pulumi.Output[str], host: Host, network: Network
    ) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self._host = host
        self._password = password
        self.url = password.apply(
            lambda plain: f"postgresql://{login(plain)}:{quote(plain, safe='')}@postgres:5432/{OWNER}"
        )
        data = docker.Volume(
            "database-data",
            # A fixed name, so that a platform that is set up again finds its data.
            name="neurmatic-postgres",
            opts=self.child(protect=True, retain_on_delete=True),
        )
        server = container(
            self,
            "database-server",
            settings,
            name="postgres",
            network=network.data,
            starts=DATA,
            command=[
                "postgres",
                *("-c", f"max_connections={settings.max_connections}"),
                *("-c", f"shared_buffers={settings.shared_buffers}MB"),
                *("-c", f"effective_cache_size={settings.effective_cache_size}MB"),
            ],
            envs=[
                f"POSTGRES_DB={OWNER}",
                # The image requires a password for the superuser, who only ever connects by the socket: a random one
                # that nobody knows.
                "POSTGRES_PASSWORD_FILE=/proc/sys/kernel/random/uuid",
            ],
            mounts=[docker.ContainerMountArgs(type="volume", source=data.name, target="/var/lib/postgresql")],
            ports=[docker.ContainerPortArgs(internal=5432, external=5432, ip="127.0.0.1")],
            shm_size=256,
            capabilities=["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
            # SIGINT ends sessions and saves the data; if killed, PostgreSQL has to recover at its next start.
            stop_signal="SIGINT",
            grace_seconds=120,
            # By TCP, because the temporary server that initializes a new volume listens on its socket only.
            check=["CMD", "pg_isready", "--host=127.0.0.1", "--username=postgres"],
            check_start_period="30s",
            healthy_within=180,
        )
        # Its id, so that a new container gets its login again.
        self._server = server.id
        login_made = self._script("database-login", "database-login.sh", {}, self.child(after=[server]))
        self._logins = pulumi.Output.unsecret(login_made.stdout)

    def retire_other_logins(self, name: str, *, opts: pulumi.ResourceOptions) -> None:
        """Revoke every password but the current one."""
        self._script(name, "database-retire.sh", {"LOGINS": self._logins}, opts)

    def _script(
        self, name: str, file: str, values: dict[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
    ) -> remote.Command:
        return script(
            name,
            file,
            {"CONTAINER": self._server, "OWNER": OWNER, **values},
            connection=self._host.connection,
            stdin=self._password,
            secret=True,
            opts=opts,
        )
