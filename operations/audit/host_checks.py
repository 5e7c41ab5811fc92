"""Checks of what only a running host shows, each for one rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from operations.audit.host import FOLDERS
from operations.audit.translation import HOST, Running
from policies.addresses import is_loopback
from policies.docker import CONTAINER

# They run as root to bind ports and to start their workers as another user.
_MASTERS = ("nginx", "docker-init")
_DATABASES = {5432: "PostgreSQL", 6379: "Redis"}
# IANA: docker, docker-s.
_DOCKER_API = dict.fromkeys((2375, 2376), "Docker's API")
_WEB = (80, 443)
# Ports of DHCP clients (RFC 2131, RFC 8415).
_DHCP_CLIENT = {("udp", 68), ("udp", 546)}
_VXLAN = ("udp", 4789)
# Methods of pg_hba.conf without a password, or with one that can be replayed or cracked.
_WEAK = ("trust", "password", "md5", "ident")
# A user without a password may have these permissions.
_HARMLESS = {"-@all", "+ping", "+hello", "+acl|load"}


class UnreadError(Exception):
    """Says why a fact is not known."""


class Fault(NamedTuple):
    """A fault: of which resource, where on the host, and what is wrong."""

    resource: str
    at: str
    text: str


@dataclass(frozen=True)
class Host:
    """The facts that the collector read on a host, and what runs there."""

    facts: Mapping[str, Any]
    running: list[Running]

    def fact(self, *path: str) -> Any:
        """Return a fact; raises UnreadError when the collector could not read it, or it is missing."""
        fact: Any = self.facts
        for key in path:
            fact = fact.get(key, {"unread": "it is missing"})
            if isinstance(fact, Mapping) and "unread" in fact:
                raise UnreadError(str(fact["unread"]))
        return fact

    @property
    def containers(self) -> list[Running]:
        """The containers that have not ended."""
        return [running for running in self.running if running.resource.type == CONTAINER and not running.ended]

    @property
    def ssh_ports(self) -> set[int]:
        """The ports on which sshd listens."""
        return {int(port) for port in self.fact("sshd")["port"]}

    @property
    def exposed(self) -> list[tuple[str, int, str]]:
        """Protocol, port and address of each socket that listens beyond loopback."""
        sockets = self.fact("sockets")
        if not sockets:
            raise UnreadError("nothing listens, not even sshd")
        exposed = (socket for socket in sockets if not is_loopback(socket["address"]))
        return [(socket["protocol"], socket["port"], socket["address"]) for socket in exposed]


def _roots(host: Host) -> Iterator[Fault]:
    for container in host.containers:
        first, *others = host.fact("processes", container.id)
        if first["uid"] == 0 and (first["name"] not in _MASTERS or not any(other["uid"] for other in others)):
            yield _fault(container, f"its first process, {first['name']}, works as root")
        if roots := [other["name"] for other in others if other["uid"] == 0]:
            yield _fault(container, f"{len(roots)} of its processes work as root: {', '.join(sorted(set(roots)))}")


def _open_ports(services: Mapping[int, str]) -> Callable[[Host], Iterator[Fault]]:
    """Return the check that these TCP ports are open on loopback at most."""

    def check(host: Host) -> Iterator[Fault]:
        for protocol, port, address in host.exposed:
            if protocol == "tcp" and port in services:
                yield Fault(HOST, HOST, f"port {port} of {services[port]} is open on {address}")

    return check


def _other_sockets(host: Host) -> Iterator[Fault]:
    expected = {("tcp", port) for port in (*host.ssh_ports, *_WEB)} | _DHCP_CLIENT | {_VXLAN}
    checked_elsewhere = {("tcp", port) for port in _DATABASES | _DOCKER_API}
    for protocol, port, address in host.exposed:
        if (protocol, port) not in expected | checked_elsewhere:
            yield Fault(HOST, HOST, f"{protocol} port {port} is open on {address}")


def _overlay(host: Host) -> Iterator[Fault]:
    if not any((protocol, port) == _VXLAN for protocol, port, _ in host.exposed):
        return
    rules = host.fact("input")
    if "-P INPUT DROP" not in rules and not any(map(_drops_vxlan, rules)):
        yield Fault(HOST, HOST, "udp port 4789 takes packets for the containers' network from everybody")


def _drops_vxlan(rule: str) -> bool:
    """Return whether a rule of iptables drops VXLAN from everybody, or from everybody except some sources."""
    from_some = " -s " in rule and "! -s " not in rule
    at_some = " -i " in rule.replace("! -i", "")
    vxlan = {"-p udp", "--dport 4789"} <= set(re.findall(r"-\S+ \S+", rule))
    return vxlan and rule.endswith(("-j DROP", "-j REJECT")) and not from_some and not at_some


def _secret_files(host: Host) -> Iterator[Fault]:
    uids = (process["uid"] for container in host.containers for process in host.fact("processes", container.id))
    owners = {0, *uids}
    files = host.fact("files")
    for folder in FOLDERS:
        if folder not in {file["path"] for file in files}:
            yield Fault(HOST, folder, "cannot be judged: the host does not tell of it")
    for file in files:
        mode, path = file["mode"], file["path"]
        below_secrets = path.startswith(f"{FOLDERS[0]}/")
        if file["kind"] == "other":
            yield Fault(HOST, path, "is neither a file nor a folder, so that nobody knows who may read it")
        elif file["kind"] == "file" and below_secrets and mode & ~0o400:
            yield Fault(HOST, path, f"has mode {mode:04o} instead of 0400")
        elif mode & 0o077:
            yield Fault(HOST, path, f"has mode {mode:04o}, which lets in others than its owner")
        if file["uid"] not in owners:
            yield Fault(HOST, path, "belongs to a user of whom no container runs")


def _passwords(host: Host) -> Iterator[Fault]:
    for server, facts in _servers(host, "postgres"):
        if facts["encryption"] != "scram-sha-256":
            yield _fault(server, "password_encryption is not scram-sha-256")
        for role in facts["roles"]:
            if role["kept"] == "other":
                yield _fault(server, f"the password of role {role['name']} is not kept by SCRAM")
            if role["login"] and role["kept"] == "none":
                yield _fault(server, f"role {role['name']} logs in and has no password")
        for door in facts["doors"]:
            where = f"pg_hba.conf, line {door['line']}"
            if door["broken"]:
                yield _fault(server, f"{where}: PostgreSQL cannot read it")
            elif door["method"] in _WEAK and door["type"] != "local" and not is_loopback(door["address"] or ""):
                yield _fault(server, f"{where}: lets in who shows no password, or a weak one")


def _superusers(host: Host) -> Iterator[Fault]:
    for server, facts in _servers(host, "postgres"):
        for role in facts["roles"]:
            if role["superuser"] and not role["first"]:
                yield _fault(server, f"role {role['name']} is a superuser")


def _redis_users(host: Host) -> Iterator[Fault]:
    for server, facts in _servers(host, "redis"):
        if facts["answer"] != "NOAUTH":
            yield _fault(server, "it answers to who shows no password")
        # The user `default` has a rule of its own.
        for _, name, *words in (line.split() for line in (facts["users"] or "").splitlines()):
            # ACL rules are case-insensitive, and selectors stand in parentheses.
            rules = {word.lower().strip("()") for word in words}
            permissions = {rule for rule in rules if rule[:1] in ("+", "-") or rule == "allcommands"}
            if {"on", "nopass"} <= rules and name != "default" and permissions - _HARMLESS:
                yield _fault(server, f"user {name} needs no password and may more than ping")


def _configurations(host: Host) -> Iterator[Fault]:
    """Report configurations that could not be read; the others are judged as files of their container (inputs.py)."""
    for server, text in _servers(host, "nginx"):
        if not text:
            yield _fault(server, "nginx -T prints nothing")


def _undeclared(host: Host) -> Iterator[Fault]:
    for running in host.running:
        if not running.declared and not running.ended:
            yield _fault(running, "the stack does not declare it")


def _servers(host: Host, name: str) -> Iterator[tuple[Running, Any]]:
    """Yield the containers of a server with its facts; raises UnreadError where there is none, or facts are missing."""
    facts = host.fact(name)
    servers = [container for container in host.containers if container.id in facts]
    if not servers:
        raise UnreadError(f"no container runs {name}")
    for server in servers:
        try:
            yield server, host.fact(name, server.id)
        except UnreadError as error:
            raise UnreadError(f"{name} in {server.at}: {error}") from None


def _fault(running: Running, text: str) -> Fault:
    return Fault(running.resource.name, running.at, text)


def _readable(name: str) -> Callable[[Host], Iterator[Fault]]:
    """Return the check that a fact is known, which the rules for declared resources judge."""

    def check(host: Host) -> Iterator[Fault]:
        host.fact(name)
        yield from ()

    return check


CHECKS: tuple[tuple[str, Callable[[Host], Iterator[Fault]]], ...] = (
    ("processes-without-root", _roots),
    ("database-port-bound-to-loopback", _open_ports(_DATABASES)),
    ("daemon-not-on-tcp", _open_ports(_DOCKER_API)),
    ("host-ports-closed", _other_sockets),
    ("overlay-port-filtered", _overlay),
    ("daemon-settings-in-one-file", _readable("daemon")),
    ("swarm-on-private-address", _readable("swarm")),
    ("secret-files-private", _secret_files),
    ("postgresql-asks-for-passwords", _passwords),
    ("database-logins-unprivileged", _superusers),
    ("redis-asks-for-passwords", _redis_users),
    ("nginx-configuration-readable", _configurations),
    ("containers-declared", _undeclared),
)
"""The checks by the ids of their rules."""


def faults(check: Callable[[Host], Iterator[Fault]], host: Host) -> Iterator[Fault]:
    """Yield the faults that a check finds; a missing fact is one too."""
    try:
        yield from check(host)
    except UnreadError as error:
        yield Fault(HOST, HOST, f"cannot be judged: {error}")
    except Exception as error:  # any error: its text may hold a secret
        yield Fault(HOST, HOST, f"cannot be judged: the fact has another form ({type(error).__name__})")
