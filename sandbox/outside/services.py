"""The containers that run the services outside the VPS."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

import bcrypt
import docker
import urllib3
from docker.errors import NotFound
from docker.models.containers import Container

from operations.files import PRIVATE, write
from sandbox.clone import LABEL, ROOT, Clone
from sandbox.errors import SandboxError
from sandbox.outside import authority, network
from sandbox.outside.table import (
    REGISTRY_USER,
    Service,
    cloudflare_token,
    container_name,
    logins_file,
    registry_token,
    table,
)

CONTEXT = ROOT / "standins" / "services"
"""What the image of all these services is built from; its argument BASE names a Debian 12."""

SERVICE_LABEL = f"{LABEL}.service"
DEFINITION_LABEL = f"{LABEL}.definition"

# Two idle cores need 5 s; a slow machine has its time.
ANSWER_SECONDS = 300
LOG_LINES = 15


def ensure(client: docker.DockerClient, clone: Clone, image: str, pebble: Path) -> None:
    """Bring all services up, as they are defined now, and wait until they answer; safe to repeat at any time.

    Raises SandboxError that names the container and shows its last lines when one does not answer.
    """
    authority.ensure(clone)
    cloudflare_token(clone)
    _write_logins(clone)
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


def _write_logins(clone: Clone) -> None:
    """Write who may use the registry, once, as Apache's htpasswd does; of its forms the registry reads bcrypt's.

    At the least cost: the token is random, and the registry reckons anew for every request.
    """
    file = logins_file(clone)
    if not file.exists():
        hashed = bcrypt.hashpw(registry_token(clone).encode(), bcrypt.gensalt(rounds=4))
        write(file, f"{REGISTRY_USER}:{hashed.decode()}\n".encode(), PRIVATE)


def _started(client: docker.DockerClient, clone: Clone, image: str, service: Service, ground: str) -> Container:
    """Return the service's running container, made anew if it is missing or no longer as defined.

    `ground` identifies what it stands on: the image and the network.
    """
    leaf = authority.leaf(clone, service.address)
    tls = {"/tls/cert.pem": leaf.certificate, "/tls/key.pem": leaf.key, "/tls/ca.pem": clone.ca}
    files = {**tls, **service.files}
    definition = _definition(service, files, ground)
    container = None
    with suppress(NotFound):
        container = client.containers.get(container_name(clone, service.name))
    if container is not None and container.labels.get(DEFINITION_LABEL) != definition:
        container.remove(force=True, v=True)
        container = None
    container = container or _created(client, clone, image, service, files, definition)
    container.start()
    return container


def _definition(service: Service, files: Mapping[str, Path], ground: str) -> str:
    """Return a hash of all that a container is made of, its files' contents included."""
    contents = {place: hashlib.sha256(path.read_bytes()).hexdigest() for place, path in files.items()}
    parts = json.dumps([asdict(service), contents, ground], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _created(
    client: docker.DockerClient, clone: Clone, image: str, service: Service, files: Mapping[str, Path], definition: str
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
    lines = container.logs(tail=LOG_LINES).decode(errors="replace").strip().splitlines()
    shown = "\n    ".join(lines) or "(it wrote nothing)"
    return SandboxError(
        f"{url} does not answer: the container {container.name} is {container.status}; its last lines:\n    {shown}",
        f"read `docker logs {container.name}`, mend what it says, and run `make up` again",
    )
