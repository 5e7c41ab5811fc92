"""nginx: TLS, the three names, and the upstreams."""

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
    """The only container that is reached from outside; a changed configuration is tested, then reloaded."""

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
        # The secret also holds the authority's key; its certificate is public.
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
            stdin=authority.apply(lambda pem: render(tls, domain, upstreams, proxies, pem, listens)),
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
                # The directory: a bind mount of a file would keep the old file when it is replaced.
                docker.ContainerMountArgs(type="bind", source=NGINX, target=_MOUNT, read_only=True)
            ],
            ports=_published(listens),
            read_only=True,
            tmpfs={"/run": "", "/var/cache/nginx": "", "/tmp": ""},  # noqa: S108  in the container
            capabilities=["CHOWN", "DAC_OVERRIDE", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            # On SIGQUIT nginx finishes the current requests.
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

    `upstreams` are ports by names on the network, `proxies` the networks whose CF-Connecting-IP is trusted, `authority`
    the certificates that sign clients (without it every client is served), `listens` the host's addresses.
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
    """Return a file name that depends on the certificates, so that the configuration changes with them."""
    return f"clients-{hashlib.sha256(authority.encode()).hexdigest()[:16]}.pem" if authority else ""


def _published(addresses: Sequence[str]) -> list[docker.ContainerPortArgs]:
    """Return the published ports: http and https at each address, each with an internal port of its own.

    With a shared internal port every preview would show a change: Docker 20.10 returns its addresses in reverse order,
    later versions sorted. The provider sorts by internal port.
    """
    return [
        docker.ContainerPortArgs(internal=internal, external=port, ip=address)
        for port in (80, 443)
        for internal, address in enumerate(addresses, start=port)
    ]


def _listened(port: int, addresses: Sequence[str]) -> str:
    """Return the internal ports of a port as nginx writes them: one, or a range."""
    last = port + len(addresses) - 1
    return str(port) if last == port else f"{port}-{last}"


def _certificates(authority: str | None) -> str:
    return certificates("origin_pull_authority", authority) if authority else ""


def _lines(directives: list[str]) -> str:
    return "\n    ".join(directives)
