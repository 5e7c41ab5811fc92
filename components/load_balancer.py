"""nginx: TLS, the three names, and which container answers."""

import hashlib
import string
from collections.abc import Iterable, Sequence

import pulumi
import pulumi_docker as docker

from components.component import Component
from components.container import AFTER_DATA, container
from components.host import NGINX, Host
from components.network import Network
from components.pem import certificates
from components.script import FILES, script
from settings import LoadBalancerSettings, TlsSettings

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
        tls: TlsSettings,
        domain: str,
        upstreams: dict[str, int],
        proxies: Iterable[str],
        clients_authority: pulumi.Output[str] | None,
        listens: Sequence[str],
        host: Host,
        network: Network,
    ) -> None:
        super().__init__(providers=[host.docker], after=[host])
        # The secret holds the authority's key too; its certificate is for everyone to see.
        authority = pulumi.Output.unsecret(pulumi.Output.from_input(clients_authority).apply(_certificates))
        configuration = script(
            "load-balancer-configuration",
            "nginx-configuration.sh",
            {
                "IMAGE": settings.image,
                "DIRECTORY": NGINX,
                "MOUNT": _MOUNT,
                "DOMAIN": domain,
                "CLIENTS_AUTHORITY": authority,
                "CLIENTS_AUTHORITY_FILE": authority.apply(authority_file),
            },
            connection=host.connection,
            stdin=authority.apply(lambda known: render(tls, domain, upstreams, proxies, known, listens)),
            opts=self.child(),
        )
        container(
            self,
            "load-balancer-server",
            settings,
            name="nginx",
            network=network.visitors,
            starts=AFTER_DATA,
            command=["nginx", "-e", "/dev/stderr", "-c", f"{_MOUNT}/nginx.conf"],
            mounts=[
                # The directory, not the files: a replaced file would stay the old one in the container.
                docker.ContainerMountArgs(type="bind", source=NGINX, target=_MOUNT, read_only=True)
            ],
            ports=_published(listens),
            read_only=True,
            tmpfs={"/run": "", "/var/cache/nginx": "", "/tmp": ""},  # noqa: S108  in the container
            capabilities=["CHOWN", "DAC_OVERRIDE", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            # On SIGQUIT nginx ends the requests that it has begun.
            stop_signal="SIGQUIT",
            grace_seconds=30,
            check=["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8080/"],
            check_start_period="10s",
            must_run=True,
            healthy_within=120,
            after=[configuration],
        )


def render(
    tls: TlsSettings,
    domain: str,
    upstreams: dict[str, int],
    proxies: Iterable[str] = (),
    authority: str = "",
    listens: Sequence[str] = ("0.0.0.0",),  # noqa: S104  in the container
) -> str:
    """Return nginx's whole configuration.

    The upstreams are names on the network, with their ports; the proxies are networks that are believed when they say
    for whom they ask; without an authority every client is served. The host is reached at the addresses `listens`.
    """
    values = {f"{name}_port": port for name, port in upstreams.items()}
    real_ip = [f"set_real_ip_from {network};" for network in proxies]
    clients = [f"ssl_client_certificate {_MOUNT}/{authority_file(authority)};", "ssl_verify_client on;"]
    return _Template((FILES / "nginx.conf").read_text()).substitute(
        domain=domain,
        http=_listened(80, listens),
        https=_listened(443, listens),
        protocols=" ".join(tls.protocols),
        hsts=tls.hsts,
        real_ip=_lines([*real_ip, "real_ip_header CF-Connecting-IP;"] if real_ip else []),
        clients=_lines(clients if authority else []),
        **values,
    )


def authority_file(authority: str) -> str:
    """Return the file for these certificates: another for others, because nginx reads it whenever it reads the rest."""
    return f"clients-{hashlib.sha256(authority.encode()).hexdigest()[:16]}.pem" if authority else ""


def _published(addresses: Sequence[str]) -> list[docker.ContainerPortArgs]:
    """Publish http and https at each address, each from a port of its own inside.

    From one port for all of them the list would never settle: Docker 20.10 gives a port's addresses back in the reverse
    order, later ones sorted. Between ports the provider sorts, by the inner one.
    """
    return [
        docker.ContainerPortArgs(internal=inner, external=port, ip=address)
        for port in (80, 443)
        for inner, address in enumerate(addresses, start=port)
    ]


def _listened(port: int, addresses: Sequence[str]) -> str:
    """Return those inner ports of a port as nginx takes them, one or a range."""
    last = port + len(addresses) - 1
    return str(port) if last == port else f"{port}-{last}"


def _certificates(authority: str | None) -> str:
    return certificates("origin_pull_authority", authority) if authority else ""


def _lines(directives: list[str]) -> str:
    return "\n    ".join(directives)
