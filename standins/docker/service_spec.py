"""The table of a service's inputs and the fields of Swarm's service specification."""

from __future__ import annotations

from standins.docker.fields import LABELS, MOUNT, SHORT_DURATION, TEXTS, UNSUPPORTED, Block, Field, Items, Value
from standins.provider.wire import Plain


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
        {
            "id": network["Target"],
            "name": "",
            "aliases": network.get("Aliases") or [],
            "driverOpts": _environment(network.get("DriverOpts") or {}),
        }
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
                Field("fileUid", "File.UID"),
                Field("fileGid", "File.GID"),
                Field("fileMode", "File.Mode"),
            )
        )
    )


def _below(place: str, values: Plain) -> Plain:
    return {f"{place}.{name}": value for name, value in values.items()}


def _pinned(image: str) -> str:
    if "@" not in image:
        raise ValueError("write it with its digest: the real plugin adds that, and shows a change on every `pulumi up`")
    return image


_GLOBAL = Value(lambda wanted: {} if wanted else None, lambda actual: actual is not None)

_ROLL = Block(
    (
        Field("parallelism", "Parallelism", absent=0),
        Field("delay", "Delay", SHORT_DURATION, absent="0s"),
        Field("failureAction", "FailureAction"),
        Field("monitor", "Monitor", SHORT_DURATION, absent="0s"),
        Field("maxFailureRatio", "MaxFailureRatio", Value(_ratio, lambda actual: f"{actual:.1f}"), absent="0.0"),
        Field("order", "Order"),
    )
)

_AMOUNT = (Field("nanoCpus", "NanoCPUs", absent=0), Field("memoryBytes", "MemoryBytes", absent=0))

_CONTAINER = Block(
    (
        Field("image", "Image", Value(_pinned)),
        Field("commands", "Command", absent=[], watched=True),
        Field("args", "Args", absent=[], watched=True),
        Field("env", "Env", Value(_environment, _variables, unordered=True), absent={}, watched=True),
        Field("labels", "Labels", LABELS, absent=[], watched=True),
        Field("dir", "Dir", absent=""),
        Field("user", "User", absent=""),
        Field("groups", "Groups", absent=[]),
        Field("hostname", "Hostname", absent=""),
        Field("hosts", "Hosts", Value(_hosts, _host_entries, unordered=True), absent=[]),
        Field("init", "Init", default=False, absent=False),
        Field("isolation", "Isolation"),
        Field("readOnly", "ReadOnly", absent=False),
        Field("capAdds", "CapabilityAdd", TEXTS, absent=[]),
        Field("capDrops", "CapabilityDrop", TEXTS, absent=[]),
        Field("sysctl", "Sysctls", absent={}),
        Field("stopSignal", "StopSignal", absent=""),
        # The real plugin sends zero, an immediate kill, when no period is given; Docker's own default would be 10 s.
        Field("stopGracePeriod", "StopGracePeriod", SHORT_DURATION, default=0),
        Field("mounts", "Mounts", Items(MOUNT), absent=[], watched=True),
        Field("secrets", "Secrets", _file("Secret"), absent=[], watched=True),
        Field("configs", "Configs", _file("Config"), absent=[], watched=True),
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
                    Field("interval", "Interval", SHORT_DURATION, absent="0s"),
                    Field("timeout", "Timeout", SHORT_DURATION, absent="0s"),
                    Field("startPeriod", "StartPeriod", SHORT_DURATION, absent="0s"),
                    Field("retries", "Retries", absent=0),
                )
            ),
        ),
    )
)

_TASK = Block(
    (
        Field("containerSpec", "ContainerSpec", _CONTAINER),
        Field("forceUpdate", "ForceUpdate", absent=0),
        Field("runtime", "Runtime"),
        Field("logDriver", "LogDriver", Block((Field("name", "Name"), Field("options", "Options")))),
        Field("networksAdvanceds", "Networks", Value(_networks, _attachments, unordered=True), watched=True),
        Field("placement", "", UNSUPPORTED, absent={"constraints": [], "maxReplicas": 0, "prefs": []}, kept=True),
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

_ROLL_DEFAULTS = {
    "parallelism": 1,
    "delay": "0s",
    "failureAction": "pause",
    "monitor": "5s",
    "maxFailureRatio": "0.0",
    "order": "stop-first",
}
_FILE_DEFAULTS = {"fileUid": "0", "fileGid": "0", "fileMode": 0o444}

DEFAULTS = {
    **_below("convergeConfig", {"delay": "7s", "timeout": "3m"}),
    **_below("endpointSpec.ports", {"protocol": "tcp", "publishMode": "ingress"}),
    **_below("mode.replicated", {"replicas": 1}),
    **_below("rollbackConfig", _ROLL_DEFAULTS),
    **_below("taskSpec.containerSpec", {"isolation": "default"}),
    **_below("taskSpec.containerSpec.configs", _FILE_DEFAULTS),
    **_below("taskSpec.containerSpec.healthcheck", {"interval": "0s", "startPeriod": "0s", "timeout": "0s"}),
    **_below("taskSpec.containerSpec.mounts.bindOptions", {"propagation": "rprivate"}),
    **_below("taskSpec.containerSpec.secrets", _FILE_DEFAULTS),
    **_below("updateConfig", _ROLL_DEFAULTS),
}

SERVICE = Block(
    (
        Field("name", "Name"),
        Field("labels", "Labels", LABELS, absent=[], watched=True),
        Field("taskSpec", "TaskTemplate", _TASK),
        Field(
            "mode",
            "Mode",
            Block(
                (
                    Field("replicated", "Replicated", Block((Field("replicas", "Replicas"),))),
                    Field("global", "Global", _GLOBAL, absent=False),
                )
            ),
        ),
        Field("updateConfig", "UpdateConfig", _ROLL),
        Field("rollbackConfig", "RollbackConfig", _ROLL),
        Field(
            "endpointSpec",
            "EndpointSpec",
            Block((Field("mode", "Mode"), Field("ports", "", UNSUPPORTED, absent=[], kept=True))),
        ),
    )
)
