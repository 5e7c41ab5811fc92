"""What runs, in the form in which a program declares it, so that the rules for programs judge it."""

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
"""Under this name the host itself is found, and waived."""
SCRIPT = "command:local:Command"
_SERVICE_LABEL = "com.docker.swarm.service.id"
_END = "END_OF_DAEMON_JSON"
# Where managers listen (docs.docker.com/engine/swarm/swarm-tutorial).
_SWARM_PORT = 2377


@dataclass(frozen=True)
class Declared:
    """What the stack's state says of an object of Docker's."""

    name: str
    urn: str


@dataclass(frozen=True)
class Running:
    """An object of Docker's, or the host, as the rules see it."""

    id: str
    at: str
    """Where on the host it is: what a person gives `docker inspect`."""
    resource: Resource
    declared: bool
    """Whether the stack declares it; of a task, its service tells."""
    task: bool = False
    """Whether a service made it, and answers for what it is."""
    ended: bool = False


def translated(facts: Facts, state: Mapping[str, Declared], stack: str) -> list[Running]:
    """Return all that runs; names are the program's where the state knows the object."""
    return list(_Translation(facts, state, stack).all())


class _Translation:
    def __init__(self, facts: Facts, state: Mapping[str, Declared], stack: str) -> None:
        self._facts = facts
        self._state = state
        self._stack = stack
        self._urns = {each["Id"]: self._named(NETWORK, each["Id"], each["Name"]).urn for each in _networks(facts)}
        self._services = {
            each["ID"]: self._named(SERVICE, each["ID"], each["Spec"]["Name"]) for each in facts["services"]
        }

    def all(self) -> Iterator[Running]:
        for each in _networks(self._facts):
            yield self._object(NETWORK, each["Id"], each["Name"], inputs.network(each))
        for each in self._facts["volumes"]:
            yield self._object(VOLUME, each["Name"], each["Name"], inputs.volume(each))
        for each in self._facts["services"]:
            yield self._service(each)
            yield from self._secrets(each)
        for each in self._facts["containers"]:
            yield self._container(each)
        script = Resource(SCRIPT, HOST, f"urn:pulumi:{self._stack}::audit::{HOST}", {"create": _script(self._facts)})
        yield Running(HOST, HOST, script, declared=True)

    def _named(self, kind: str, id_: str, name: str) -> Declared:
        return self._state.get(id_) or Declared(name, f"urn:pulumi:{self._stack}::audit::{kind}::{name}")

    def _object(self, kind: str, id_: str, name: str, found: dict[str, Any]) -> Running:
        known = self._named(kind, id_, name)
        resource = Resource(kind, known.name, known.urn, found)
        return Running(id_, f"{kind.rpartition(':')[2].lower()} {name}", resource, id_ in self._state)

    def _service(self, found: Inspected) -> Running:
        spec, known = found["Spec"], self._services[found["ID"]]
        targets = [each["Target"] for each in spec["TaskTemplate"].get("Networks") or ()]
        resource = Resource(
            SERVICE, known.name, known.urn, inputs.service(spec), refers=self._refers("taskSpec", targets)
        )
        return Running(found["ID"], f"service {spec['Name']}", resource, found["ID"] in self._state)

    def _secrets(self, service: Inspected) -> Iterator[Running]:
        for each in service["Spec"]["TaskTemplate"]["ContainerSpec"].get("Secrets") or ():
            data = _opening(service["ID"], each, self._facts)
            found = {"name": each["SecretName"], "data": data}
            yield self._object(SECRET, each["SecretID"], each["SecretName"], found)

    def _container(self, found: Inspected) -> Running:
        name = found["Name"].lstrip("/")
        owner = _owner(found)
        ended = not found["State"]["Running"]
        # Of a service that is gone there are only tasks that have ended; anybody can write a label.
        task = owner in self._services or (owner is not None and ended)
        known = self._services.get(owner or "") or self._named(CONTAINER, found["Id"], name)
        networks = [each["NetworkID"] for each in (found["NetworkSettings"].get("Networks") or {}).values()]
        refers = self._refers("networksAdvanced", networks)
        resource = Resource(CONTAINER, known.name, known.urn, inputs.container(found, self._facts), refers=refers)
        return Running(found["Id"], f"container {name}", resource, task or found["Id"] in self._state, task, ended)

    def _refers(self, key: str, networks: list[str]) -> dict[str, frozenset[str]]:
        return {key: frozenset(self._urns[each] for each in networks if each in self._urns)}


def _networks(facts: Facts) -> list[Inspected]:
    return [each for each in facts["networks"] if each["Name"] not in inputs.OWN_NETWORKS]


def _owner(container: Inspected) -> str | None:
    """Return the id of the service whose task a container is."""
    return (container["Config"].get("Labels") or {}).get(_SERVICE_LABEL)


def _script(facts: Facts) -> str:
    """Return the script that would make Docker's daemon and Swarm as they are: the rules for such scripts judge it."""
    daemon, swarm = facts["daemon"], facts["swarm"]
    orders = []
    if daemon.get("file") is not None:
        orders.append(f"cat >/etc/docker/daemon.json <<'{_END}'\n{daemon['file']}\n{_END}")
    orders += [shlex.join(words) for words in daemon.get("started", ())]
    if "unread" not in swarm and swarm["state"] == "active":
        sockets = facts["sockets"] if isinstance(facts["sockets"], list) else []
        listens = [each["address"] for each in sockets if (each["protocol"], each["port"]) == ("tcp", _SWARM_PORT)]
        options = [*("--advertise-addr", swarm["address"]), *(f"--listen-addr={address}" for address in listens)]
        orders.append(shlex.join(["docker", "swarm", "init", *options]))
    return "\n".join(orders)


def _opening(service: str, secret: Inspected, facts: Facts) -> str:
    """Return, as a secret's data, the names of the servers that it opens: of a secret, the host tells no more."""
    tasks = [
        facts["opens"].get(each["Id"])
        for each in facts["containers"]
        if _owner(each) == service and each["State"]["Running"]
    ]
    servers = {
        server
        for task in tasks
        if isinstance(task, Mapping)
        for server in task.get((secret.get("File") or {}).get("Name"), ())
    }
    return base64.b64encode("\n".join(f"@{server}:" for server in sorted(servers)).encode()).decode()
