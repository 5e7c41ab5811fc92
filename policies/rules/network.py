"""Rules for what containers and services open, and for who reaches whom."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.proxy import UnknownValueError

from policies.docker import CONTAINER, NETWORK, SECRET, SERVICE, database, number
from policies.frameworks import cis_docker, nist_800_53
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type, read

_LOOPBACK = ("127.0.0.1", "::1")
_DATABASES = Limit((5432, 6379), "Ports at which databases listen.")
# Networks that Docker makes itself.
_DEFAULT_BRIDGE = ("", "bridge", "default")
_NOT_OUR_OWN = (*_DEFAULT_BRIDGE, "host")
_CONTAINER_KEYS = ("internal", "external")
_SERVICE_KEYS = ("targetPort", "publishedPort")
_PUBLISHING = "https://docs.docker.com/engine/network/port-publishing/"
_SERVICES = "https://docs.docker.com/engine/swarm/networking/"


def _database_port(port: Any, keys: tuple[str, str], databases: Sequence[int]) -> int | None:
    """Return the database's port that is published here, on whichever side of the colon it stands."""
    published = [number(read(port, key)) for key in keys]
    return next((port for port in databases if port in published), None)


def _databases_on_loopback(resource: Resource, limits: Limits) -> Iterator[str]:
    for index, port in enumerate(items(resource.inputs, "ports")):
        published = _database_port(port, _CONTAINER_KEYS, limits["ports"])
        if published is not None and read(port, "ip") not in _LOOPBACK:
            yield f"ports[{index}].ip: publishes {published:g} beyond the loopback"


def _no_databases(resource: Resource, limits: Limits) -> Iterator[str]:
    for index, port in enumerate(items(resource.inputs, "endpointSpec", "ports")):
        published = _database_port(port, _SERVICE_KEYS, limits["ports"])
        if published is not None:
            yield f"endpointSpec.ports[{index}]: publishes {published:g}, and a service does so on all addresses"


def _written_out(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "publishAllPorts") not in (None, False):
        yield "publishAllPorts: publishes whatever the image exposes, on all addresses"


def _published(resource: Resource, databases: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Yield what is published beyond the loopback, but for what other rules judge: databases, and ingress."""
    if resource.type == CONTAINER:
        for index, port in enumerate(items(resource.inputs, "ports")):
            if _database_port(port, _CONTAINER_KEYS, databases) is None and read(port, "ip") not in _LOOPBACK:
                yield f"ports[{index}].external", number(read(port, "external"))
    if resource.type == SERVICE:
        for index, port in enumerate(items(resource.inputs, "endpointSpec", "ports")):
            if _database_port(port, _SERVICE_KEYS, databases) is None and read(port, "publishMode") == "host":
                yield f"endpointSpec.ports[{index}].publishedPort", number(read(port, "publishedPort"))


def _publishes(resource: Resource) -> bool:
    return any(_published(resource, _DATABASES.default))


def _one_door(resource: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    doors = [door.name for door in stack.of(CONTAINER, SERVICE) if any(_published(door, limits["databases"]))]
    for at, port in _published(resource, limits["databases"]):
        if port not in limits["ports"]:
            yield f"{at}: is none of the ports that the world may reach"
        elif len(doors) > 1:
            yield f"{at}: is one door to the world of several: {', '.join(doors)}"


def _host_mode(resource: Resource, _: Limits) -> Iterator[str]:
    for index, port in enumerate(items(resource.inputs, "endpointSpec", "ports")):
        if read(port, "publishMode") != "host":
            yield f"endpointSpec.ports[{index}].publishMode: hides from the service who asks"


def _own_network(resource: Resource, _: Limits) -> Iterator[str]:
    if resource.type == SERVICE:
        yield from _networks(resource, ("taskSpec", "networksAdvanceds"), "id", "name")
        return
    mode = str(read(resource.inputs, "networkMode") or "").lower()
    joined = list(items(resource.inputs, "networksAdvanced"))
    if mode == "host" or mode.startswith("container:"):
        yield "networkMode: shares a network that is not the container's own"
    elif mode in _DEFAULT_BRIDGE and not joined:
        yield "networksAdvanced: is empty, which is Docker's default bridge"
    if joined:
        yield from _networks(resource, ("networksAdvanced",), "name")


def _networks(resource: Resource, path: tuple[str, ...], *keys: str) -> Iterator[str]:
    at = ".".join(path)
    networks = list(items(resource.inputs, *path))
    if not networks:
        yield f"{at}: is empty, which is Docker's default bridge"
    for index, network in enumerate(networks):
        for key in keys:
            try:
                name = read(network, key)
            except UnknownValueError:
                # A network that has yet to be created is none of Docker's own; the engine asks again with its name.
                continue
            if name is not None and name.lower() in _NOT_OUR_OWN:
                yield f"{at}[{index}].{key}: is a network that Docker makes itself"


def _encrypted(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "options", "encrypted") not in ("", "true"):
        yield "options.encrypted: is missing, so that what passes between two nodes can be read on the way"


def _is_overlay(resource: Resource) -> bool:
    return resource.type == NETWORK and str(read(resource.inputs, "driver")).lower() == "overlay"


def _is_a_database(resource: Resource) -> bool:
    if resource.type != CONTAINER:
        return False
    ports = [number(read(port, "internal")) for port in items(resource.inputs, "ports")]
    return database(resource) is not None or any(port in ports for port in _DATABASES.default)


def _data_apart(server: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    own = _joined(server, stack)
    names = _names(server)
    for other in stack.of(CONTAINER, SERVICE):
        if other.urn == server.urn or not own & _joined(other, stack):
            continue
        if other.type == CONTAINER and any(_published(other, limits["databases"])):
            yield f"networksAdvanced: {other.name} is on the same network, and publishes beyond the loopback"
        if other.type == SERVICE and not any(_names_a_host(secret, names) for secret in _secrets(other, stack)):
            yield f"networksAdvanced: {other.name} is on the same network, and has no secret that opens the database"


def _joined(resource: Resource, stack: Stack) -> set[str]:
    """Return the networks that a resource joins: the URNs of the stack's own, and whatever is known as text."""
    link = "taskSpec" if resource.type == SERVICE else "networksAdvanced"
    path = ("taskSpec", "networksAdvanceds") if resource.type == SERVICE else ("networksAdvanced",)
    networks = stack.of(NETWORK)
    referred = {network.urn for network in networks if network.urn in resource.refers.get(link, ())}
    urns = {read(network.inputs, "name"): network.urn for network in networks}
    texts = [read(resource.inputs, "networkMode")]
    unknown: list[UnknownValueError] = []
    for network in items(resource.inputs, *path):
        for key in ("id", "name"):
            try:
                texts.append(read(network, key))
            except UnknownValueError as error:
                unknown.append(error)
    # In a preview the id of a network is unknown, and the network whose output it is tells which one it is.
    if len(unknown) > len(referred):
        raise unknown[0]
    return referred | {urns.get(text, text) for text in texts if text}


def _names(server: Resource) -> set[str]:
    """Return the names by which other containers reach this one."""
    aliases = [alias for network in items(server.inputs, "networksAdvanced") for alias in items(network, "aliases")]
    return {name.lower() for name in (read(server.inputs, "name"), *aliases) if name}


def _secrets(service: Resource, stack: Stack) -> Iterator[Resource]:
    """Yield the secrets of the stack that a service gets as files."""
    names = set()
    taken = list(items(service.inputs, "taskSpec", "containerSpec", "secrets"))
    for file in taken:
        try:
            names.add(read(file, "secretName"))
        except UnknownValueError:
            continue  # the secret whose output it is tells which one it is
    for secret in stack.of(SECRET) if taken else ():
        name = read(secret.inputs, "name")
        if secret.urn in service.refers.get("taskSpec", ()) or (name and name in names):
            yield secret


def _names_a_host(secret: Resource, servers: set[str]) -> bool:
    """Return whether a secret names one of these servers as a URL (`@name:`) or a DSN (`host=name`) does."""
    text = base64.b64decode(read(secret.inputs, "data")).decode(errors="replace")
    hosts = re.findall(r"(?:@|\b(?:host|server|addr)=)([\w.-]+)", text, re.IGNORECASE)
    return any(host.lower() in servers for host in hosts)


RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="database-port-bound-to-loopback",
        sentence="PostgreSQL and Redis are published on the host's loopback and nowhere else.",
        severity=Severity.CRITICAL,
        framework=cis_docker("5.14", "Ensure that incoming container traffic is bound to a specific host interface"),
        url=_PUBLISHING,
        mend='Set ip="127.0.0.1" on the port, written out: left out, and as "0.0.0.0", it means every address.',
        judges=of_type(CONTAINER),
        check=_databases_on_loopback,
        limits={"ports": _DATABASES},
    ),
    ResourceRule(
        id="services-publish-no-database",
        sentence="No Swarm service publishes PostgreSQL or Redis, because a service publishes on all addresses.",
        severity=Severity.CRITICAL,
        framework=cis_docker("5.14", "Ensure that incoming container traffic is bound to a specific host interface"),
        url=_SERVICES,
        mend='Remove the port from endpoint_spec; run the database as a Container with ip="127.0.0.1" on its port.',
        judges=of_type(SERVICE),
        check=_no_databases,
        limits={"ports": _DATABASES},
    ),
    ResourceRule(
        id="published-ports-written-out",
        sentence="Every published port is written out, because an image may expose any.",
        severity=Severity.HIGH,
        framework=cis_docker("5.9", "Ensure that only needed ports are open on the container"),
        url=_PUBLISHING,
        mend="Remove publish_all_ports, and list in ports what has to be reached from outside the container.",
        judges=of_type(CONTAINER),
        check=_written_out,
    ),
    StackRule(
        id="one-door-to-the-world",
        sentence="One container alone publishes beyond the host's loopback, and only 80 and 443.",
        severity=Severity.CRITICAL,
        framework=nist_800_53(
            "SC-7",
            "Connect to external networks only through managed interfaces consisting of boundary protection devices",
        ),
        url=_PUBLISHING,
        mend='Set ip="127.0.0.1" on the port, or remove it and let the load balancer pass the requests on.',
        judges=_publishes,
        check=_one_door,
        limits={"ports": Limit((80, 443), "Ports of the host that the world may reach."), "databases": _DATABASES},
    ),
    ResourceRule(
        id="services-publish-in-host-mode",
        sentence="A service publishes in host mode, because Swarm's ingress hides the visitor's address from it.",
        severity=Severity.HIGH,
        framework=nist_800_53("AU-3", "Ensure that audit records contain the source of the event"),
        url="https://docs.docker.com/engine/swarm/services/#publish-ports",
        mend='Set publish_mode="host" on the port; left out, it is "ingress".',
        judges=of_type(SERVICE),
        check=_host_mode,
    ),
    ResourceRule(
        id="networks-of-their-own",
        sentence="Containers and services join networks of the stack, and neither the host's nor the default bridge.",
        severity=Severity.HIGH,
        framework=cis_docker(
            "5.10, 5.30",
            "Ensure that the host's network namespace is not shared; that Docker's default bridge"
            ' "docker0" is not used',
        ),
        url="https://docs.docker.com/engine/network/drivers/bridge/",
        mend="Remove network_mode, and name a Network of the stack in networks_advanced (service: networks_advanceds).",
        judges=of_type(CONTAINER, SERVICE),
        check=_own_network,
    ),
    ResourceRule(
        id="overlay-traffic-encrypted",
        sentence="What containers tell one another is encrypted between the nodes.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cis_docker("7.3", "Ensure that all Docker swarm overlay networks are encrypted"),
        url="https://docs.docker.com/engine/network/drivers/overlay/#encryption",
        mend='Set options={"encrypted": ""} on the network; that replaces it.',
        judges=_is_overlay,
        check=_encrypted,
    ),
    StackRule(
        id="databases-apart-from-the-door",
        sentence="A database shares no network with a service without its secret, or with what the world reaches.",
        severity=Severity.HIGH,
        framework=nist_800_53("SC-7(21)", "Employ boundary protection mechanisms to isolate system components"),
        url=_SERVICES,
        mend=(
            "Give the databases a Network of their own, joined by the services alone that get the database's URL as a"
            " Secret; what passes requests on gets another Network."
        ),
        judges=_is_a_database,
        check=_data_apart,
        limits={"databases": _DATABASES},
    ),
]
