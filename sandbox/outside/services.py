"""The table of the services outside the VPS, and the containers that run them."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path

import bcrypt
import docker
import urllib3
from docker.errors import NotFound
from docker.models.containers import Container

from sandbox.clone import LABEL, Clone
from sandbox.errors import SandboxError
from sandbox.files import PRIVATE, write
from sandbox.outside import authority, network

CONTEXT = Path(__file__).parent / "doubles"
"""What the image of all these services is built from; its argument BASE names a Debian 12."""

SERVICE_LABEL = f"{LABEL}.service"
DEFINITION_LABEL = f"{LABEL}.definition"

REGISTRY_USER = "neurmatic"
"""Who the registry lets in, as the committed stack file says it."""

# Two idle cores need 5 s; a slow machine has its time.
ANSWER_SECONDS = 300
LOG_LINES = 15

_GUNICORN = ("gunicorn", "--config", "python:sandbox.outside.doubles.gunicorn_settings")
_DOUBLES = "sandbox.outside.doubles"


@dataclass(frozen=True)
class Service:
    """One service: its container listens for https on port 443 of its address."""

    name: str
    address: str
    command: tuple[str, ...]
    health: str
    """Path that answers when the service works."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files of this machine by their place in the container, where they are read-only."""
    environment: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    """Whether /data is a volume that outlives the container."""
    port: int | None = None
    """Port of 127.0.0.1 that reaches it as well."""


def table(clone: Clone, pebble: Path) -> tuple[Service, ...]:
    """Return all services of a clone; `pebble` is the ACME server's binary."""
    return (
        Service("s3", clone.s3, (*_GUNICORN, f"{_DOUBLES}.s3:application"), "/moto-api/"),
        Service(
            "cloudflare",
            clone.cloudflare,
            (*_GUNICORN, f"{_DOUBLES}.cloudflare:application()"),
            "/health",
            files={"/run/secrets/cloudflare_api_token": _token_file(clone)},
            keeps=True,
        ),
        Service(
            "acme",
            clone.acme,
            ("pebble", "-config", "/etc/outside/pebble.json", "-dnsserver", f"{clone.cloudflare}:53"),
            "/dir",
            files={"/usr/local/bin/pebble": pebble},
            # It validates at once instead of after random seconds, and refuses no nonce at random: certbot tries a
            # request twice, and one of four hundred would be refused both times.
            environment={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
        ),
        Service(
            "registry",
            clone.registry,
            ("docker-registry", "serve", "/etc/outside/registry.yml"),
            "/",
            files={"/run/secrets/htpasswd": _logins_file(clone)},
            keeps=True,
            port=clone.registry_port,
        ),
        Service("webhooks", clone.webhooks, (*_GUNICORN, f"{_DOUBLES}.webhooks:application()"), "/health"),
    )


def names(clone: Clone) -> tuple[str, ...]:
    """Return the names of all services."""
    return tuple(service.name for service in table(clone, pebble=Path()))


def container_name(clone: Clone, service: str) -> str:
    """Return the name of a service's container."""
    return f"{clone.name}-{service}"


def cloudflare_token(clone: Clone) -> str:
    """Return the API token that this clone's Cloudflare accepts; made once."""
    return _made_once(_token_file(clone))


def registry_token(clone: Clone) -> str:
    """Return the token that this clone's registry accepts of REGISTRY_USER; made once."""
    return _made_once(clone.state / "outside" / "registry_token")


def ensure(client: docker.DockerClient, clone: Clone, image: str, pebble: Path) -> None:
    """Bring all services up, as they are defined now, and wait until they answer; safe to repeat at any time.

    Raises SandboxError that names the container and shows its last lines when one does not answer.
    """
    authority.ensure(clone)
    cloudflare_token(clone)
    _know_logins(clone)
    ground = f"{client.images.get(image).id} {network.ensure(client, clone).id}"
    started = [(service, _started(client, clone, image, service, ground)) for service in table(clone, pebble)]
    deadline = time.monotonic() + ANSWER_SECONDS
    for service, container in started:
        wait(clone, service, container, deadline)


def remove(client: docker.DockerClient, clone: Clone) -> None:
    """Remove the services, what they keep, and the network; files in the clone stay. The box must be gone before."""
    wanted: dict[str, str | list[str] | bool] = {"label": [f"{LABEL}={clone.name}", SERVICE_LABEL]}
    for container in client.containers.list(all=True, filters=wanted, ignore_removed=True):
        container.remove(force=True, v=True)
    for volume in client.volumes.list(filters=wanted):
        volume.remove()
    network.remove(client, clone)


def _token_file(clone: Clone) -> Path:
    return clone.state / "outside" / "cloudflare_api_token"


def _logins_file(clone: Clone) -> Path:
    return clone.state / "outside" / "htpasswd"


def _made_once(file: Path) -> str:
    if not file.exists():
        write(file, secrets.token_urlsafe(30).encode(), PRIVATE)
    return file.read_text()


def _know_logins(clone: Clone) -> None:
    """Write who may use the registry, once, as Apache's htpasswd does; of its forms the registry reads bcrypt's.

    At the least cost: the token is random, and the registry reckons anew for every request.
    """
    file = _logins_file(clone)
    if not file.exists():
        known = bcrypt.hashpw(registry_token(clone).encode(), bcrypt.gensalt(rounds=4))
        write(file, f"{REGISTRY_USER}:{known.decode()}\n".encode(), PRIVATE)


def _started(client: docker.DockerClient, clone: Clone, image: str, service: Service, ground: str) -> Container:
    """Return the service's running container, made anew if it is missing or no longer as defined.

    `ground` identifies what it stands on: the image and the network.
    """
    leaf = authority.leaf(clone, service.address)
    files = {
        "/tls/cert.pem": leaf.certificate,
        "/tls/key.pem": leaf.key,
        "/tls/ca.pem": clone.ca,
        **service.files,
    }
    definition = _definition(service, files, ground)
    name = container_name(clone, service.name)
    try:
        container = client.containers.get(name)
        if container.labels.get(DEFINITION_LABEL) != definition:
            container.remove(force=True, v=True)
            container = _created(client, clone, image, service, files, definition)
    except NotFound:
        container = _created(client, clone, image, service, files, definition)
    container.start()
    return container


def _definition(service: Service, files: Mapping[str, Path], ground: str) -> str:
    """Condense all that a container is made of, its files' contents included."""
    contents = {place: hashlib.sha256(path.read_bytes()).hexdigest() for place, path in files.items()}
    parts = json.dumps([asdict(service), contents, ground], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _created(
    client: docker.DockerClient,
    clone: Clone,
    image: str,
    service: Service,
    files: Mapping[str, Path],
    definition: str,
) -> Container:
    labels = {**clone.labels, SERVICE_LABEL: service.name}
    name = container_name(clone, service.name)
    volumes = {str(path): {"bind": place, "mode": "ro"} for place, path in files.items()}
    if service.keeps:
        client.volumes.create(name, labels=labels)
        volumes[name] = {"bind": "/data", "mode": "rw"}
    endpoint = client.api.create_endpoint_config(ipv4_address=service.address)
    return client.containers.create(
        image,
        list(service.command),
        name=name,
        hostname=service.name,
        labels={**labels, DEFINITION_LABEL: definition},
        environment=dict(service.environment),
        volumes=volumes,
        ports={"443/tcp": ("127.0.0.1", service.port)} if service.port else {},
        network=clone.name,
        networking_config={clone.name: endpoint},
        security_opt=["no-new-privileges"],
    )


def wait(clone: Clone, service: Service, container: Container, deadline: float) -> None:
    """Ask the service itself: a check by Docker would go on for as long as the sandbox stands, at a process each."""
    url = f"https://{service.address}{service.health}"
    with urllib3.PoolManager(ca_certs=str(clone.ca), timeout=5, retries=False) as pool:
        while not _answers(pool, url):
            container.reload()
            # Nothing starts one again that has ended.
            if container.status == "exited" or time.monotonic() > deadline:
                raise _silent(container, url)
            time.sleep(0.3)


def _answers(pool: urllib3.PoolManager, url: str) -> bool:
    try:
        return pool.request("GET", url).status == HTTPStatus.OK
    except urllib3.exceptions.HTTPError:
        return False


def _silent(container: Container, url: str) -> SandboxError:
    last = container.logs(tail=LOG_LINES).decode(errors="replace").strip()
    shown = "\n    ".join(last.splitlines()) or "(it wrote nothing)"
    return SandboxError(
        f"{url} does not answer: the container {container.name} is {container.status}; its last lines:\n    {shown}",
        f"read `docker logs {container.name}`, mend what it says, and run `make up` again",
    )
