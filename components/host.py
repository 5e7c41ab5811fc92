"""The VPS: what Docker, Swarm and the certificates need of it."""

import pulumi
import pulumi_docker as docker
from pulumi_command import remote

from components.component import Component
from components.script import FILES, script
from settings import HostSettings

ROOT = "/opt/neurmatic"
"""Where operators find the platform on the host."""
SECRETS = f"{ROOT}/secrets"
"""Files of secrets for plain containers; root's alone."""
NGINX = f"{ROOT}/infrastructure/nginx"
"""Configuration, certificates and challenges; nginx's container sees the whole directory."""


class Host(Component):
    """A Debian host with Docker in Swarm mode, which brings the platform back after a reboot."""

    def __init__(
        self, settings: HostSettings, *, connection: pulumi.Output[remote.ConnectionArgs], provider: docker.Provider
    ) -> None:
        super().__init__()
        self.connection = connection
        self.docker = provider
        script(
            "host-ready",
            "host.sh",
            {
                "ROOT": ROOT,
                "SECRETS": SECRETS,
                "NGINX": NGINX,
                "SWARM_ADDRESS": str(settings.swarm_address),
                **{name: (FILES / file).read_text() for name, file in _FILES.items()},
            },
            connection=connection,
            opts=self.child(),
        )
        self.register_outputs({})


_FILES = {
    "DAEMON": "daemon.json",
    "SSHD": "sshd.conf",
    "KEEP": "keep.sh",
    "KEEP_UNIT": "keep.service",
}
