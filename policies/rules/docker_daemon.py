"""Rules for Docker's daemon and Swarm, as the scripts that run on a host set them up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policies.addresses import PRIVATE_NETWORKS, parsed
from policies.docker import CONTAINER, SERVICE
from policies.documents import reject_duplicate_keys
from policies.frameworks import cis_docker, nist_800_53
from policies.rule import Limits, Resource, ResourceRule, Stack, StackRule, of_type, read
from policies.shell import COMMANDS, pipelines, scripts

_COPIES = ("command:remote:CopyToRemote", "command:remote:CopyFile")
_REFERENCE = "https://docs.docker.com/reference/cli/dockerd/"
_FILE = "daemon.json"


def _script_contains(pattern: str) -> Callable[[Resource], bool]:
    """Return the predicate whether a command runs a script that matches a pattern.

    An unknown script matches none: in a first preview that is every script that names another resource's id. The
    engine asks again, with the values, before it runs the script.
    """
    return lambda resource: (
        resource.type in COMMANDS and any(re.search(pattern, text) for _, text in scripts(resource, skip_unknown=True))
    )


_ABOUT_FILE = re.compile(r"\S*daemon\.json\S*")
_READS_FILES = {"[", "test", "cmp", "grep", "cat", "sha256sum", "stat", "chmod", "chown", "dockerd"}
_MOVES_FILES = {"mv", "cp", "install"}
_PRINTS = {"echo", "printf"}


def _written_json(words: tuple[str, ...]) -> str | None:
    """Return the text that a pipeline writes to daemon.json, "" where it is not plain, None where it writes none."""
    files = [word for word in words if _ABOUT_FILE.fullmatch(word)]
    if not files:
        nested = any(_FILE in word for word in words) and words[0] not in _PRINTS
        return "" if nested else None
    redirected = any(first == ">" and second in files for first, second in pairwise(words))
    if words[0] in _READS_FILES and not redirected:
        return None
    if words[0] in _MOVES_FILES and all(word in files or word.startswith("-") for word in words[1:]):
        return None  # from beside it, where it was written
    objects = [word for word in words if word.lstrip().startswith("{")]
    return objects[0] if len(objects) == 1 else ""


def _parsed_settings(text: str) -> dict[str, Any] | None:
    """Return the settings in a daemon.json, None where dockerd would not start with it."""
    try:
        settings: dict[str, Any] = json.loads(text, object_pairs_hook=reject_duplicate_keys)
    except ValueError:
        return None
    # dockerd knows keys in small letters only.
    return settings if all(key == key.lower() for key in settings) else None


def _daemon_settings(resource: Resource, *, skip_unknown: bool = False) -> list[tuple[str, dict[str, Any] | None]]:
    """Return where a command writes a daemon.json, and its settings, None where they cannot be read."""
    if resource.type not in COMMANDS:
        return []
    texts = [
        (key, _written_json(words))
        for key, script in scripts(resource, skip_unknown=skip_unknown)
        for words in pipelines(script)
    ]
    return [(key, _parsed_settings(text)) for key, text in texts if text is not None]


def _readable_settings(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the same for what can be read; the rule daemon-settings-in-one-file reports the rest."""
    for key, settings in _daemon_settings(resource):
        if settings is not None:
            yield f"{key}: {_FILE}", settings


_DAEMON_OPTIONS = re.compile(r"\bdockerd[ \t]+(?:[^\n\\;&|]|\\\n?)*|\bDOCKER_OPTS=.*")
_OPTION = re.compile(r"""(?<![\w-])(--?[A-Za-z][\w-]*)(?:[= \t]+([^\s-]\S*))?""")
# What Debian's and Docker's own units give it, and what starts no daemon.
_OPTIONS_LEFT = {"--containerd", "--validate", "--config-file"}


def _copies_file(resource: Resource) -> bool:
    return resource.type in _COPIES and _FILE in str(read(resource.inputs, "remotePath"))


def _one_file(resource: Resource, _: Limits) -> Iterator[str]:
    if _copies_file(resource):
        yield f"remotePath: copies a {_FILE} that nobody can judge"
    for key, settings in _daemon_settings(resource):
        if settings is None:
            yield f"{key}: writes a {_FILE} that is not one JSON object in the script, with every key once"
    for key, script in scripts(resource):
        code = re.sub(r"(?m)^\s*#.*", "", script)
        for command_line in _DAEMON_OPTIONS.finditer(code):
            for name, value in _OPTION.findall(command_line[0]):
                local = name in ("-H", "--host") and value.startswith(("fd://", "unix://"))
                if name not in _OPTIONS_LEFT and not local:
                    yield f"{key}: gives dockerd an option beside {_FILE}"


def _list(settings: dict[str, Any], key: str) -> list[Any]:
    value = settings.get(key)
    return value if isinstance(value, list) else [] if value is None else [value]


def _listeners(resource: Resource, _: Limits) -> Iterator[str]:
    for where, settings in _readable_settings(resource):
        for index, address in enumerate(_list(settings, "hosts")):
            # Without a scheme it is a port of TCP.
            if not str(address).startswith(("unix://", "fd://")):
                yield f"{where}: hosts[{index}] is no local socket"


def _provider(resource: Resource, _: Limits) -> Iterator[str]:
    host = str(read(resource.inputs, "host"))
    if not re.fullmatch(r"ssh://[^/\s]+(/\S*)?|unix:///\S+", host):
        yield "host: is neither ssh:// nor unix://"
    if read(resource.inputs, "context") not in (None, ""):
        yield "context: is used in place of host, and nobody sees here where it leads"


_STARTS_SWARM = r"\bswarm\s+(?:init|join)\b"


def _no_new_privileges(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    for where, settings in _readable_settings(resource):
        if settings.get("no-new-privileges") is not True:
            yield f"{where}: no-new-privileges is not true"
    if not any(_daemon_settings(other, skip_unknown=True) for other in stack.of(*COMMANDS)):
        yield f"create: sets Docker up, and nothing writes {_FILE} with no-new-privileges"


def _firewall(resource: Resource, _: Limits) -> Iterator[str]:
    for where, settings in _readable_settings(resource):
        for key in ("iptables", "ip6tables"):
            if settings.get(key, True) is not True:
                yield f"{where}: {key} is not true"


def _live_restore(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    swarm = stack.of(SERVICE) or [other for other in stack.of(*COMMANDS) if _script_contains(_STARTS_SWARM)(other)]
    for where, settings in _readable_settings(resource):
        if swarm and settings.get("live-restore", False) is not False:
            yield f"{where}: live-restore is on, with which dockerd does not start in a Swarm"


# Drivers of which Docker itself keeps the files; of these `local` alone has limits where none is set.
_FILE_DRIVERS = {"json-file": {}, "local": {"max-size": "20m", "max-file": "5"}}
_SIZE = re.compile(r"(?=.*[1-9])\d+(\.\d+)?\s*[kmgt]?i?b?", re.IGNORECASE)
_COUNT = re.compile(r"0*[1-9]\d*")


def _logs(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if resource.type == CONTAINER:
        where, driver, options = "logOpts", read(resource.inputs, "logDriver"), read(resource.inputs, "logOpts")
    else:
        where, log = "taskSpec.logDriver.options", read(resource.inputs, "taskSpec", "logDriver")
        driver, options = read(log, "name"), read(log, "options")
    daemons = [settings for other in stack.of(*COMMANDS) for _, settings in _daemon_settings(other, skip_unknown=True)]
    if None in daemons:
        return  # the rule daemon-settings-in-one-file reports it
    for daemon in list(filter(None, daemons)) or [dict[str, Any]()]:
        default = str(daemon.get("log-driver", "json-file")).casefold()
        used = str(driver).casefold() if driver else default
        if used not in _FILE_DRIVERS:
            continue
        # Docker takes the daemon's options where the driver is the daemon's too (moby, daemon/logs.go).
        chosen = dict(_FILE_DRIVERS[used])
        chosen |= daemon.get("log-opts", {}) if used == default else {}
        chosen |= {key: read(options, key) for key in options or {}}
        for key, form in (("max-size", _SIZE), ("max-file", _COUNT)):
            if not form.fullmatch(str(chosen.get(key, ""))):
                yield f"{where}.{key}: is set neither here nor in {_FILE}, or to no limit"


def _registries(resource: Resource, _: Limits) -> Iterator[str]:
    for where, settings in _readable_settings(resource):
        for index, _registry in enumerate(_list(settings, "insecure-registries")):
            yield f"{where}: insecure-registries[{index}] is asked without TLS"


def _is_private(text: str) -> bool:
    bracketed = re.fullmatch(r"\[(.*)\](:\d+)?", text)
    plain = bracketed[1] if bracketed else text.rpartition(":")[0] if text.count(":") == 1 else text
    address = parsed(plain)  # None for an interface, or what the script does not say
    return address is not None and any(address in network for network in PRIVATE_NETWORKS)


def _swarm_addresses(resource: Resource, _: Limits) -> Iterator[str]:
    for key, script in scripts(resource):
        for words in pipelines(script):
            for index, pair in enumerate(pairwise(words)):
                if pair in _SWARM_COMMANDS:
                    yield from (f"{key}: {fault}" for fault in _swarm_faults(words[index + 2 :]))
            if words[0] not in _PRINTS and any(re.search(_STARTS_SWARM, word) for word in words):
                yield f"{key}: starts Swarm in a text that nobody can judge"


_SWARM_COMMANDS = {("swarm", "init"), ("swarm", "join")}


def _swarm_faults(words: tuple[str, ...]) -> Iterator[str]:
    addresses_of: dict[str, list[str]] = {"--listen-addr": [], "--advertise-addr": [], "--data-path-addr": []}
    for word, following in pairwise((*words, "")):
        name, equals, value = word.partition("=")
        if name in addresses_of:
            addresses_of[name].append(value if equals else following)
    for name, addresses in addresses_of.items():
        # VXLAN uses the advertised address where none is given.
        if not addresses and name != "--data-path-addr":
            yield f"{name} is not set"
        if not all(_is_private(address) for address in addresses):
            yield f"{name} is no loopback or private address that the script writes out"


_WRITES = _script_contains(re.escape(_FILE))
_SETS_UP = _script_contains(f"{re.escape(_FILE)}|{_STARTS_SWARM}")
_MEND = f"Write {_FILE} as one JSON object, in single quotes or a quoted here document, and put into it: "

RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="daemon-settings-in-one-file",
        sentence="Docker's daemon has its settings from a daemon.json that stands in the script, and nowhere else.",
        severity=Severity.HIGH,
        framework=nist_800_53("CM-6", "Establish and document configuration settings for components of the system"),
        url=f"{_REFERENCE}#daemon-configuration-file",
        mend=(
            f"Write all of {_FILE} in one order of the script, as one JSON object in single quotes or in a quoted here "
            "document, each key once and in small letters; give dockerd no other option."
        ),
        judges=lambda resource: (
            _script_contains(rf"{re.escape(_FILE)}|\bdockerd\b|DOCKER_OPTS")(resource) or _copies_file(resource)
        ),
        check=_one_file,
    ),
    ResourceRule(
        id="daemon-not-on-tcp",
        sentence="Docker's daemon listens on local sockets only.",
        severity=Severity.CRITICAL,
        framework=cis_docker("2.7", "Ensure TLS authentication for Docker daemon is configured"),
        url="https://docs.docker.com/engine/security/protect-access/",
        mend=f"Take `hosts` out of {_FILE}, or leave unix:// and fd:// in it; from afar use ssh://.",
        judges=_WRITES,
        check=_listeners,
    ),
    ResourceRule(
        id="docker-provider-over-ssh",
        sentence="Pulumi speaks to Docker over SSH or a local socket.",
        severity=Severity.CRITICAL,
        framework=cis_docker("2.7", "Ensure TLS authentication for Docker daemon is configured"),
        url="https://docs.docker.com/engine/security/protect-access/#use-ssh-to-protect-the-docker-daemon-socket",
        mend='Set `host` to "ssh://user@host:22" or "unix:///var/run/docker.sock", and leave out `context`.',
        judges=of_type("pulumi:providers:docker"),
        check=_provider,
    ),
    StackRule(
        id="daemon-no-new-privileges",
        sentence="No process of any container gains privileges through a setuid program, those of services included.",
        severity=Severity.HIGH,
        framework=cis_docker("2.14", "Ensure containers are restricted from acquiring new privileges"),
        url=_REFERENCE,
        mend=_MEND + '"no-new-privileges": true.',
        judges=_SETS_UP,
        check=_no_new_privileges,
    ),
    ResourceRule(
        id="daemon-keeps-firewall",
        sentence="Docker writes the firewall's rules that keep containers apart and their ports where they belong.",
        severity=Severity.HIGH,
        framework=cis_docker("2.4", "Ensure Docker is allowed to make changes to iptables"),
        url="https://docs.docker.com/engine/network/packet-filtering-firewalls/",
        mend=f"Take `iptables` and `ip6tables` out of {_FILE}; filter in the chain DOCKER-USER instead.",
        judges=_WRITES,
        check=_firewall,
    ),
    StackRule(
        id="daemon-fit-for-swarm",
        sentence="Where Swarm is on, live-restore is off: together, they keep Docker's daemon from starting.",
        severity=Severity.HIGH,
        framework=cis_docker("2.15", "Ensure live restore is enabled"),  # it says itself: not in swarm mode
        url="https://docs.docker.com/engine/daemon/live-restore/",
        mend=f"Take `live-restore` out of {_FILE}.",
        judges=_WRITES,
        check=_live_restore,
    ),
    StackRule(
        id="container-logs-capped",
        sentence="The logs of a container cannot fill the disk.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cis_docker("2.13", "Ensure centralized and remote logging is configured"),
        url="https://docs.docker.com/engine/logging/drivers/json-file/",
        mend=_MEND + '"log-opts": {"max-size": "10m", "max-file": "5"}; or set both as `log_opts` of the container.',
        judges=of_type(CONTAINER, SERVICE),
        check=_logs,
    ),
    ResourceRule(
        id="registries-over-tls",
        sentence="Images come over TLS only.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cis_docker("2.5", "Ensure insecure registries are not used"),
        url="https://docs.docker.com/engine/security/certificates/",
        mend=(
            f"Take `insecure-registries` out of {_FILE}; give the host the registry's authority as "
            "/etc/docker/certs.d/<registry>/ca.crt."
        ),
        judges=_WRITES,
        check=_registries,
    ),
    ResourceRule(
        id="swarm-on-private-address",
        sentence="Swarm listens on the loopback or a private address, and names no other to its nodes.",
        severity=Severity.HIGH,
        framework=cis_docker("7.2", "Ensure that swarm services are bound to a specific host interface"),
        url="https://docs.docker.com/reference/cli/docker/swarm/init/#listen-addr",
        mend=(
            "Give `docker swarm init` both --listen-addr and --advertise-addr, each an address such as 127.0.0.1 or "
            "10.0.0.5 that the script writes out or sets once at its top."
        ),
        judges=_script_contains(_STARTS_SWARM),
        check=_swarm_addresses,
    ),
]
