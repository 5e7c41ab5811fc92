"""Translates what runs into the resources of a program, so that the rules for programs judge it."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.audit import inputs
from operations.audit.inputs import Facts, Inspected
from policies.docker import CONTAINER, NETWORK, SECRET, SERVICE, VOLUME
from policies.rule import Resource

HOST = "host"
"""The resource name of the host itself, for findings and waivers."""
SCRIPT = "command:local:Command"
_SERVICE_LABEL = "com.docker.swarm.service.id"
_END = "END_OF_DAEMON_JSON"
# The port of managers (docs.docker.com/engine/swarm/swarm-tutorial).
_SWARM_PORT = 2377


@dataclass(frozen=True)
class Declared:
    """The name and URN of a Docker object in the stack's state."""

    name: str
    urn: str


@dataclass(frozen=True)
class Running:
    """A Docker object, or the host, as the resource that the rules judge."""

    id: str
    at: str
    """Where on the host it is: its kind and its name for `docker inspect`."""
    resource: Resource
    declared: bool
    """Whether the stack declares it, or is the service's task."""
    task: bool = False
    """Whether it is the container of a service's task."""
    ended: bool = False


def translated(facts: Facts, state: Mapping[str, Declared], stack: str) -> list[Running]:
    """Return all that runs, under the program's names where the state has them."""
    return list(_Translation(facts, state, stack).all())


class _Translation:
    def __init__(self, facts: Facts, state: Mapping[str, Declared], stack: str) -> None:
        self._facts = facts
        self._state = state
        self._stack = stack
        self._networks = [network for network in facts["networks"] if network["Name"] not in inputs.OWN_NETWORKS]
        self._urns = {
            network["Id"]: self._named(NETWORK, network["Id"], network["Name"]).urn for network in self._networks
        }
        self._services = {
            service["ID"]: self._named(SERVICE, service["ID"], service["Spec"]["Name"]) for service in facts["services"]
        }

    def all(self) -> Iterator[Running]:
        for network in self._networks:
            yield self._object(NETWORK, network["Id"], network["Name"], inputs.network(network))
        for volume in self._facts["volumes"]:
            yield self._object(VOLUME, volume["Name"], volume["Name"], inputs.volume(volume))
        for service in self._facts["services"]:
            yield self._service(service)
            yield from self._secrets(service)
        for container in self._facts["containers"]:
            yield self._container(container)
        script = Resource(SCRIPT, HOST, f"urn:pulumi:{self._stack}::audit::{HOST}", {"create": _script(self._facts)})
        yield Running(HOST, HOST, script, declared=True)

    def _named(self, kind: str, id_: str, name: str) -> Declared:
        return self._state.get(id_) or Declared(name, f"urn:pulumi:{self._stack}::audit::{kind}::{name}")

    def _object(self, kind: str, id_: str, name: str, given: dict[str, Any]) -> Running:
        declared = self._named(kind, id_, name)
        resource = Resource(kind, declared.name, declared.urn, given)
        return Running(id_, f"{kind.rpartition(':')[2].lower()} {name}", resource, id_ in self._state)

    def _service(self, service: Inspected) -> Running:
        spec, declared = service["Spec"], self._services[service["ID"]]
        networks = [network["Target"] for network in spec["TaskTemplate"].get("Networks") or ()]
        refers = self._refers("taskSpec", networks)
        resource = Resource(SERVICE, declared.name, declared.urn, inputs.service(spec), refers=refers)
        return Running(service["ID"], f"service {spec['Name']}", resource, service["ID"] in self._state)

    def _secrets(self, service: Inspected) -> Iterator[Running]:
        for secret in service["Spec"]["TaskTemplate"]["ContainerSpec"].get("Secrets") or ():
            id_, name = secret["SecretID"], secret["SecretName"]
            yield self._object(SECRET, id_, name, {"name": name, "data": _data(service["ID"], secret, self._facts)})

    def _container(self, container: Inspected) -> Running:
        id_, name, service = container["Id"], container["Name"].lstrip("/"), _service_id(container)
        ended = not container["State"]["Running"]
        # A removed service leaves only ended tasks; the label alone proves nothing, because anybody can set it.
        task = service in self._services or (service is not None and ended)
        declared = self._services.get(service or "") or self._named(CONTAINER, id_, name)
        networks = [network["NetworkID"] for network in (container["NetworkSettings"].get("Networks") or {}).values()]
        refers = self._refers("networksAdvanced", networks)
        given = inputs.container(container, self._facts)
        resource = Resource(CONTAINER, declared.name, declared.urn, given, refers=refers)
        return Running(id_, f"container {name}", resource, task or id_ in self._state, task, ended)

    def _refers(self, key: str, networks: list[str]) -> dict[str, frozenset[str]]:
        return {key: frozenset(self._urns[network] for network in networks if network in self._urns)}


def _service_id(container: Inspected) -> str | None:
    """Return the id of the service that a container's label names."""
    return (container["Config"].get("Labels") or {}).get(_SERVICE_LABEL)


def _script(facts: Facts) -> str:
    """Return a script that would set up Docker's daemon and Swarm as they are, for the rules about such scripts."""
    daemon, swarm = facts["daemon"], facts["swarm"]
    commands = []
    if daemon.get("file") is not None:
        commands.append(f"cat >/etc/docker/daemon.json <<'{_END}'\n{daemon['file']}\n{_END}")
    commands += [shlex.join(words) for words in daemon.get("started", ())]
    if "unread" not in swarm and swarm["state"] == "active":
        sockets = facts["sockets"] if isinstance(facts["sockets"], list) else []
        listening = [socket for socket in sockets if (socket["protocol"], socket["port"]) == ("tcp", _SWARM_PORT)]
        options = [
            "--advertise-addr",
            swarm["address"],
            *(f"--listen-addr={socket['address']}" for socket in listening),
        ]
        commands.append(shlex.join(["docker", "swarm", "init", *options]))
    return "\n".join(commands)


def _data(service: str, secret: Inspected, facts: Facts) -> str:
    """Return data for a secret that names the servers in its URLs, which is all that the collector tells of it."""
    file = (secret.get("File") or {}).get("Name")
    servers = set[str]()
    for container in facts["containers"]:
        if _service_id(container) == service and container["State"]["Running"]:
            opens = facts["opens"].get(container["Id"])
            servers |= set(opens.get(file, ()) if isinstance(opens, Mapping) else ())
    return base64.b64encode("\n".join(f"@{server}:" for server in sorted(servers)).encode()).decode()
