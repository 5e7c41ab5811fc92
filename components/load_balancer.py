"""nginx: TLS, the three names, and which container answers."""

import string

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.host import NGINX, Host
from components.images import pinned
from components.network import Network
from components.script import FILES, script
from settings import LoadBalancerSettings

_MOUNT = "/etc/neurmatic"


class _Template(string.Template):
    """`@{name}` for our values, because `$name` is nginx's own."""

    delimiter = "@"


class LoadBalancer(Component):
    """The only container that the world reaches; a changed configuration is tried first, and reloaded."""

    def __init__(
        self,
        settings: LoadBalancerSettings,
        *,
        domain: str,
        upstreams: dict[str, int],
        host: Host,
        network: Network,
    ) -> None:
        super().__init__(providers=[host.docker], after=[host])
        self.image = pinned(settings.image, "load_balancer.image", host.docker)
        configuration = script(
            "load-balancer-configuration",
            "nginx-configuration.sh",
            {"IMAGE": self.image, "DIRECTORY": NGINX, "MOUNT": _MOUNT, "DOMAIN": domain},
            connection=host.connection,
            stdin=render(domain, upstreams),
            opts=self.child(),
        )
        docker.Container(
            "load-balancer-server",
            name="nginx",
            image=self.image,
            command=["nginx", "-e", "/dev/stderr", "-c", f"{_MOUNT}/nginx.conf"],
            mounts=[
                # The directory, not the files: a replaced file would stay the old one in the container.
                docker.ContainerMountArgs(type="bind", source=NGINX, target=_MOUNT, read_only=True)
            ],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=["nginx"])],
            ports=[
                docker.ContainerPortArgs(internal=port, external=port, ip="0.0.0.0")  # noqa: S104  the world's door
                for port in (80, 443)
            ],
            labels=[docker.ContainerLabelArgs(label="neurmatic.keep", value="2")],
            cpus=f"{settings.cpus:g}",
            memory=settings.memory,
            memory_swap=settings.memory,
            read_only=True,
            tmpfs={"/run": "", "/var/cache/nginx": "", "/tmp": ""},  # noqa: S108  in the container
            capabilities=docker.ContainerCapabilitiesArgs(
                drops=["ALL"],
                adds=["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"],
            ),
            security_opts=["no-new-privileges:true"],
            restart="always",
            # On SIGQUIT nginx ends the requests that it has begun.
            stop_signal="SIGQUIT",
            stop_timeout=30,
            destroy_grace_seconds=30,
            healthcheck=docker.ContainerHealthcheckArgs(
                tests=["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8080/"],
                interval="5s",
                timeout="5s",
                retries=3,
                start_period="10s",
            ),
            must_run=True,
            opts=pulumi.ResourceOptions.merge(
                self.child(after=[configuration]), pulumi.ResourceOptions(replace_on_changes=["healthcheck", "tmpfs"])
            ),
        )
        self.register_outputs({"image": self.image})


def render(domain: str, upstreams: dict[str, int]) -> str:
    """Return nginx's whole configuration; the upstreams are names on the network, with their ports."""
    values = {f"{name}_port": port for name, port in upstreams.items()}
    return _Template((FILES / "nginx.conf").read_text()).substitute(domain=domain, **values)
