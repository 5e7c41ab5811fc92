"""The table of a service's inputs and the fields of Swarm's service specification."""

from __future__ import annotations

from typing import Any

from sandbox.providers.docker.fields import LABELS, MOUNT, SHORT_DURATION, TEXTS, Block, Field, Items, Value
from sandbox.providers.wire import Plain


def _environment(variables: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in variables.items()]


def _variables(environment: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (entry.partition("=") for entry in environment)}


def _networks(networks: list[Plain]) -> list[Plain]:
    return [
        {
            "Target": network.get("id") or network["name"],
            "Aliases": network.get("aliases", []),
            "DriverOpts": _variables(network.get("driverOpts", [])),
        }
        for network in networks
    ]


def _attachments(networks: list[Plain]) -> list[Plain]:
    return [
        {"id": network["Target"]}
        | ({"aliases": network["Aliases"]} if network.get("Aliases") else {})
        | ({"driverOpts": _environment(network["DriverOpts"])} if network.get("DriverOpts") else {})
        for network in networks
    ]


def _hosts(hosts: list[Plain]) -> list[str]:
    return [f"{entry['ip']} {entry['host']}" for entry in hosts]


def _host_entries(hosts: list[str]) -> list[Plain]:
    return [{"ip": entry.split()[0], "host": entry.split()[1]} for entry in hosts]


def _ratio(text: str) -> float:
    ratio = float(text)
    if not 0 <= ratio <= 1:
        raise ValueError("expected a ratio between 0 and 1")
    return ratio


def _file(kind: str) -> Items:
    """Return the table of the secrets or configs that a service sees as files."""
    return Items(
        Block(
            (
                Field(f"{kind.lower()}Id", f"{kind}ID"),
                Field(f"{kind.lower()}Name", f"{kind}Name"),
                Field("fileName", "File.Name"),
                Field("fileUid", "File.UID", default="0"),
                Field("fileGid", "File.GID", default="0"),
                Field("fileMode", "File.Mode", default=0o444),
            )
        )
    )


def _globally(wanted: bool) -> Any:
    return {} if wanted else None


_ROLL = Block(
    (
        Field("parallelism", "Parallelism", default=1),
        Field("delay", "Delay", SHORT_DURATION),
        Field("failureAction", "FailureAction", default="pause"),
        Field("monitor", "Monitor", SHORT_DURATION, default=5 * 10**9),
        Field("maxFailureRatio", "MaxFailureRatio", Value(_ratio, lambda actual: f"{actual:.1f}")),
        Field("order", "Order", default="stop-first"),
    )
)

_AMOUNT = (Field("nanoCpus", "NanoCPUs"), Field("memoryBytes", "MemoryBytes"))

_CONTAINER = Block(
    (
        Field("image", "Image"),
        Field("commands", "Command", watched=True),
        Field("args", "Args", watched=True),
        Field("env", "Env", Value(_environment, _variables, unordered=True), watched=True),
        Field("labels", "Labels", LABELS, watched=True),
        Field("dir", "Dir"),
        Field("user", "User"),
        Field("groups", "Groups"),
        Field("hostname", "Hostname"),
        Field("hosts", "Hosts", Value(_hosts, _host_entries, unordered=True)),
        Field("init", "Init", default=False),
        Field("isolation", "Isolation"),
        Field("readOnly", "ReadOnly"),
        Field("capAdds", "CapabilityAdd", TEXTS),
        Field("capDrops", "CapabilityDrop", TEXTS),
        Field("sysctl", "Sysctls"),
        Field("stopSignal", "StopSignal"),
        # The real plugin sends zero, an immediate kill, when no period is given; Docker's own default would be 10 s.
        Field("stopGracePeriod", "StopGracePeriod", SHORT_DURATION, default=0),
        Field("mounts", "Mounts", Items(MOUNT), watched=True),
        Field("secrets", "Secrets", _file("Secret"), watched=True),
        Field("configs", "Configs", _file("Config"), watched=True),
        Field(
            "dnsConfig",
            "DNSConfig",
            Block((Field("nameservers", "Nameservers"), Field("searches", "Search"), Field("options", "Options"))),
        ),
        Field(
            "healthcheck",
            "Healthcheck",
            Block(
                (
                    Field("tests", "Test"),
                    Field("interval", "Interval", SHORT_DURATION),
                    Field("timeout", "Timeout", SHORT_DURATION),
                    Field("startPeriod", "StartPeriod", SHORT_DURATION),
                    Field("retries", "Retries"),
                )
            ),
        ),
    )
)

_TASK = Block(
    (
        Field("containerSpec", "ContainerSpec", _CONTAINER),
        Field("forceUpdate", "ForceUpdate"),
        Field("runtime", "Runtime"),
        Field("logDriver", "LogDriver", Block((Field("name", "Name"), Field("options", "Options")))),
        Field("networksAdvanceds", "Networks", Value(_networks, _attachments, unordered=True), watched=True),
        Field(
            "placement",
            "Placement",
            Block(
                (
                    Field("constraints", "Constraints", TEXTS),
                    Field("maxReplicas", "MaxReplicas"),
                    Field(
                        "prefs",
                        "Preferences",
                        Value(
                            lambda prefs: [{"Spread": {"SpreadDescriptor": pref}} for pref in prefs],
                            lambda actual: [pref["Spread"]["SpreadDescriptor"] for pref in actual],
                        ),
                    ),
                )
            ),
        ),
        Field(
            "resources",
            "Resources",
            Block((Field("limits", "Limits", Block(_AMOUNT)), Field("reservation", "Reservations", Block(_AMOUNT)))),
        ),
        Field(
            "restartPolicy",
            "RestartPolicy",
            Block(
                (
                    Field("condition", "Condition"),
                    Field("delay", "Delay", SHORT_DURATION),
                    Field("maxAttempts", "MaxAttempts"),
                    Field("window", "Window", SHORT_DURATION),
                )
            ),
        ),
    )
)

SERVICE = Block(
    (
        Field("name", "Name"),
        Field("labels", "Labels", LABELS, watched=True),
        Field("taskSpec", "TaskTemplate", _TASK),
        Field(
            "mode",
            "Mode",
            Block(
                (
                    Field("replicated", "Replicated", Block((Field("replicas", "Replicas", default=1),))),
                    Field("global", "Global", Value(_globally, lambda actual: actual is not None)),
                )
            ),
        ),
        Field("updateConfig", "UpdateConfig", _ROLL),
        Field("rollbackConfig", "RollbackConfig", _ROLL),
        Field(
            "endpointSpec",
            "EndpointSpec",
            Block(
                (
                    Field("mode", "Mode"),
                    Field(
                        "ports",
                        "Ports",
                        Items(
                            Block(
                                (
                                    Field("name", "Name"),
                                    Field("protocol", "Protocol", default="tcp"),
                                    Field("targetPort", "TargetPort"),
                                    Field("publishedPort", "PublishedPort"),
                                    Field("publishMode", "PublishMode", default="ingress"),
                                )
                            )
                        ),
                    ),
                )
            ),
        ),
    )
)
