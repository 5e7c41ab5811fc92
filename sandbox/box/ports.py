"""The clone's ports on this machine: which they are, and who holds one that is taken."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess

import docker
from docker.models.containers import Container

from sandbox.clone import LABEL, Clone
from sandbox.errors import SandboxError


def wanted(clone: Clone) -> dict[int, int]:
    """Return the loopback port of each port that the box publishes."""
    return {22: clone.ssh_port, 80: clone.http_port, 443: clone.https_port}


def require_free(client: docker.DockerClient, clone: Clone) -> None:
    """Raise SandboxError, naming the port and its holder, when a port is taken by anything but the clone itself."""
    for port in sorted({*wanted(clone).values(), clone.registry_port} - _own(client, clone)):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as error:
                raise SandboxError(
                    f"port {port} on 127.0.0.1 cannot be used ({error.strerror}){_holder(client, port)}",
                    "end that process, or choose other ports: SANDBOX_PORT_BASE=<first of ten free ports> make up",
                ) from error


def _own(client: docker.DockerClient, clone: Clone) -> set[int]:
    """Return the ports that this clone's containers publish now."""
    own = [container for container in client.containers.list() if container.labels.get(LABEL) == clone.name]
    return {port for container in own for port in _published(container)}


def _holder(client: docker.DockerClient, port: int) -> str:
    """Name the container or process that listens on a port, as far as this user may know it."""
    for container in client.containers.list():
        if port in _published(container):
            return f": container {container.name} publishes it"
    if not shutil.which("ss"):
        return ""
    listed = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True).stdout
    match = re.search(r'"(?P<program>[^"]+)",pid=(?P<process>\d+)', listed)
    return f": {match['program']} (process {match['process']}) listens on it" if match else ""


def _published(container: Container) -> set[int]:
    return {int(binding["HostPort"]) for bindings in container.ports.values() for binding in bindings or []}
