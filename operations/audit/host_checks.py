"""What only a running host shows, each fact judged by the rule that it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from operations.audit.host import FOLDERS
from operations.audit.translation import HOST, Running
from policies.addresses import is_loopback
from policies.docker import CONTAINER

# Root, so that they may listen and change the user of those that do the work.
_MASTERS = ("nginx", "docker-init")
_DATABASES = {5432: "PostgreSQL", 6379: "Redis"}
# IANA: docker, docker-s.
_DOCKER_API = (2375, 2376)
_WEB = (80, 443)
# Clients of DHCP wait for their answers there (RFC 2131, RFC 8415).
_DHCP_CLIENT = {("udp", 68), ("udp", 546)}
_VXLAN = ("udp", 4789)
# Methods of pg_hba.conf that ask for nothing, or for what can be replayed or guessed from its hash.
_WEAK = ("trust", "password", "md5", "ident")
# A user without a password who may do no more than this does no harm.
_HARMLESS = {"-@all", "+ping", "+hello", "+acl|load"}


class UnreadError(Exception):
    """That the host did not tell a fact, and why."""


class Fault(NamedTuple):
    """What is wrong: with which resource, where on the host, and what."""

    resource: str
    at: str
    text: str


@dataclass(frozen=True)
class Host:
    """What a host told of itself."""

    told: Mapping[str, Any]
    running: list[Running]

    def fact(self, *path: str) -> Any:
        """Return a fact; raises UnreadError where the host could not read it, or did not tell it."""
        at: Any = self.told
        for key in path:
            at = at.get(key, {"unread": "it is missing"})
            if isinstance(at, Mapping) and "unread" in at:
                raise UnreadError(str(at["unread"]))
        return at

    @property
    def containers(self) -> list[Running]:
        """The containers that have not ended."""
        return [each for each in self.running if each.resource.type == CONTAINER and not each.ended]

    @property
    def ssh_ports(self) -> set[int]:
        """The ports at which sshd waits."""
        return {int(port) for port in self.fact("sshd")["port"]}

    @property
    def exposed(self) -> list[tuple[str, int, str]]:
        """Protocol, port and address of each socket that not only the host itself reaches."""
        found = [(each["protocol"], each["port"], each["address"]) for each in self.fact("sockets")]
        if not found:
            raise UnreadError("nothing listens, not even sshd")
        return [each for each in found if not is_loopback(each[2])]


def _roots(host: Host) -> Iterator[Fault]:
    for each in host.containers:
        first, *others = host.fact("processes", each.id)
        if first["uid"] == 0 and (first["name"] not in _MASTERS or not any(other["uid"] for other in others)):
            yield _fault(each, f"its first process, {first['name']}, works as root")
        if roots := [other["name"] for other in others if other["uid"] == 0]:
            yield _fault(each, f"{len(roots)} of its processes work as root: {', '.join(sorted(set(roots)))}")


def _database_sockets(host: Host) -> Iterator[Fault]:
    for protocol, port, address in host.exposed:
        if protocol == "tcp" and port in _DATABASES:
            yield Fault(HOST, HOST, f"port {port} of {_DATABASES[port]} is open on {address}")


def _docker_api(host: Host) -> Iterator[Fault]:
    for protocol, port, address in host.exposed:
        if protocol == "tcp" and port in _DOCKER_API:
            yield Fault(HOST, HOST, f"port {port} of Docker's API is open on {address}")


def _other_sockets(host: Host) -> Iterator[Fault]:
    meant = {("tcp", port) for port in (*host.ssh_ports, *_WEB)} | _DHCP_CLIENT | {_VXLAN}
    judged_elsewhere = {("tcp", port) for port in (*_DATABASES, *_DOCKER_API)}
    for protocol, port, address in host.exposed:
        if (protocol, port) not in meant | judged_elsewhere:
            yield Fault(HOST, HOST, f"{protocol} port {port} is open on {address}")


def _overlay(host: Host) -> Iterator[Fault]:
    if not any((protocol, port) == _VXLAN for protocol, port, _ in host.exposed):
        return
    rules = host.fact("input")
    if "-P INPUT DROP" not in rules and not any(map(_drops_vxlan, rules)):
        yield Fault(HOST, HOST, "udp port 4789 takes packets for the containers' network from everybody")


def _drops_vxlan(rule: str) -> bool:
    """Return whether a rule of iptables drops the packets of everybody, or of everybody but some."""
    some = " -s " in rule and "! -s " not in rule
    whole = {"-p udp", "--dport 4789"} <= set(re.findall(r"-\S+ \S+", rule)) and " -i " not in rule.replace("! -i", "")
    return whole and rule.endswith(("-j DROP", "-j REJECT")) and not some


def _secret_files(host: Host) -> Iterator[Fault]:
    owners = {0}
    for each in host.containers:
        owners |= {process["uid"] for process in host.fact("processes", each.id)}
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
    for each, facts in _servers(host, "postgres"):
        if facts["encryption"] != "scram-sha-256":
            yield _fault(each, "password_encryption is not scram-sha-256")
        for role in facts["roles"]:
            if role["kept"] == "other":
                yield _fault(each, f"the password of role {role['name']} is not kept by SCRAM")
            if role["login"] and role["kept"] == "none":
                yield _fault(each, f"role {role['name']} logs in and has no password")
        for door in facts["doors"]:
            where = f"pg_hba.conf, line {door['line']}"
            if door["broken"]:
                yield _fault(each, f"{where}: PostgreSQL cannot read it")
            elif door["method"] in _WEAK and door["type"] != "local" and not is_loopback(door["address"] or ""):
                yield _fault(each, f"{where}: lets in who shows no password, or a weak one")


def _superusers(host: Host) -> Iterator[Fault]:
    for each, facts in _servers(host, "postgres"):
        for role in facts["roles"]:
            if role["superuser"] and not role["first"]:
                yield _fault(each, f"role {role['name']} is a superuser")


def _redis_users(host: Host) -> Iterator[Fault]:
    for each, facts in _servers(host, "redis"):
        if facts["answer"] != "NOAUTH":
            yield _fault(each, "it answers to who shows no password")
        # Whether `default` is one of them is a rule of its own.
        for _, name, *words in (line.split() for line in (facts["users"] or "").splitlines()):
            # Redis takes them in either case, and further permissions in parentheses.
            told = {word.lower().strip("()") for word in words}
            may = {word for word in told if word[:1] in ("+", "-")} | told & {"allcommands"}
            if {"on", "nopass"} <= told and name != "default" and may - _HARMLESS:
                yield _fault(each, f"user {name} needs no password and may more than ping")


def _configurations(host: Host) -> Iterator[Fault]:
    """Find what could not be read; the others are judged as if the program had put them into the container."""
    for each, text in _servers(host, "nginx"):
        if not text:
            yield _fault(each, "nginx -T prints nothing")


def _undeclared(host: Host) -> Iterator[Fault]:
    for each in host.running:
        if not each.declared and not each.ended:
            yield _fault(each, "the stack does not declare it")


def _servers(host: Host, name: str) -> Iterator[tuple[Running, Any]]:
    """Yield each server of a kind with its facts; raises UnreadError where there is none: there has to be one."""
    told = host.fact(name)
    found = [each for each in host.containers if each.id in told]
    if not found:
        raise UnreadError(f"no container runs {name}")
    for each in found:
        try:
            yield each, host.fact(name, each.id)
        except UnreadError as error:
            raise UnreadError(f"{name} in {each.at}: {error}") from None


def _fault(running: Running, text: str) -> Fault:
    return Fault(running.resource.name, running.at, text)


def _told(*names: str) -> Callable[[Host], Iterator[Fault]]:
    """Return the check that facts are there, which are judged as a part of what runs."""

    def check(host: Host) -> Iterator[Fault]:
        for name in names:
            host.fact(name)
        yield from ()

    return check


CHECKS: tuple[tuple[str, Callable[[Host], Iterator[Fault]]], ...] = (
    ("processes-without-root", _roots),
    ("database-port-bound-to-loopback", _database_sockets),
    ("daemon-not-on-tcp", _docker_api),
    ("host-ports-closed", _other_sockets),
    ("overlay-port-filtered", _overlay),
    ("daemon-settings-in-one-file", _told("daemon")),
    ("swarm-on-private-address", _told("swarm")),
    ("secret-files-private", _secret_files),
    ("postgresql-asks-for-passwords", _passwords),
    ("database-logins-unprivileged", _superusers),
    ("redis-asks-for-passwords", _redis_users),
    ("nginx-configuration-readable", _configurations),
    ("containers-declared", _undeclared),
)
"""Each with the id of its rule, of the policies' or of the audit's own."""


def faults(check: Callable[[Host], Iterator[Fault]], host: Host) -> Iterator[Fault]:
    """Yield what a check finds; a fact that it misses is found too, and never taken for a good one."""
    try:
        yield from check(host)
    except UnreadError as error:
        yield Fault(HOST, HOST, f"cannot be judged: {error}")
    except Exception as error:  # whatever it is: its text may hold what was read
        yield Fault(HOST, HOST, f"cannot be judged: the fact has another form ({type(error).__name__})")
