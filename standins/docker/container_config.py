"""The table of a container's inputs and the fields of the Docker API's container configuration."""

from __future__ import annotations

from typing import Any

from standins.docker.fields import (
    LABELS,
    LONG_DURATION,
    MOUNT,
    PLAIN,
    TEXTS,
    UNSUPPORTED,
    Block,
    Codec,
    Field,
    Items,
    Value,
    decimal,
)
from standins.provider.wire import Plain

_MEGABYTE = 1024 * 1024


def _bytes(megabytes: int) -> int:
    return megabytes * _MEGABYTE if megabytes > 0 else megabytes


def _megabytes(amount: int) -> int:
    return amount // _MEGABYTE if amount > 0 else amount


def _capabilities(names: list[str]) -> list[str]:
    for name in names:
        if name != "ALL" and not name.startswith("CAP_"):
            raise ValueError(f"write CAP_{name}: the real plugin replaces the container after a refresh otherwise")
    return names


def _ports(ports: list[Plain]) -> Plain:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        external = str(port["external"]) if "external" in port else ""
        binding = {"HostIp": port["ip"], "HostPort": external}
        bindings.setdefault(f"{port['internal']}/{port['protocol']}", []).append(binding)
    return bindings


def published(bindings: dict[str, list[dict[str, str]] | None]) -> list[Plain]:
    """Read the ports as they are bound, in the real plugin's order: by the container's port, then Docker's own."""
    ports = [
        {
            "internal": int(port.partition("/")[0]),
            "external": int(place["HostPort"] or 0),
            "ip": place["HostIp"],
            "protocol": port.partition("/")[2],
        }
        for port, places in bindings.items()
        for place in places or []
    ]
    return sorted(ports, key=lambda port: port["internal"])


def volumes(entries: list[Plain]) -> Plain:
    """Write `volumes`, whose entries go to three places of the configuration."""
    anonymous = [entry for entry in entries if not entry.keys() & {"volumeName", "hostPath", "fromContainer"}]
    binds = [
        f"{source}:{entry['containerPath']}:{'ro' if entry.get('readOnly') else 'rw'}"
        for entry in entries
        if (source := entry.get("volumeName") or entry.get("hostPath"))
    ]
    return {
        "Volumes": {entry["containerPath"]: {} for entry in anonymous},
        "HostConfig": {
            "Binds": binds,
            "VolumesFrom": [entry["fromContainer"] for entry in entries if "fromContainer" in entry],
        },
    }


def _host(name: str, api: str, codec: Codec = PLAIN, absent: Any = None, kept: bool = False) -> Field:
    return Field(name, f"HostConfig.{api}", codec, absent=absent, kept=kept)


def _steering(name: str, codec: Codec = PLAIN, absent: Any = None) -> Field:
    """Return an input that is no part of the configuration: it steers the plugin, or has a call of its own."""
    return Field(name, "", codec, absent=absent, kept=True)


def _unsupported(name: str, absent: Any = None) -> Field:
    """Return an input that the stand-in refuses; the state has `absent` in its place."""
    return Field(name, "", UNSUPPORTED, absent=absent, kept=True)


_STEERING = (
    *("containerReadRefreshTimeoutMilliseconds", "destroyGraceSeconds", "mustRun", "name", "platform"),
    *("removeVolumes", "start", "waitTimeout"),
)
_MEMORY = Value(_bytes, _megabytes)
_DEVICES = ("deviceReadBps", "deviceReadIops", "deviceRequests", "deviceWriteBps", "deviceWriteIops", "devices")
_CPUS = Value(lambda cpus: round(float(cpus) * 10**9), lambda nano: decimal(nano) if nano else None)

_NETWORK = Block(
    (
        Field("name", "Name"),
        Field("aliases", "Aliases", absent=[]),
        *(_unsupported(name, absent=[]) for name in ("driverOpts", "linkLocalIps")),
        *(_unsupported(name, absent="") for name in ("ipv4Address", "ipv6Address", "macAddress")),
        _unsupported("gwPriority", absent=0),
    )
)

_VOLUME = Block(
    tuple(Field(name, name) for name in ("containerPath", "fromContainer", "hostPath", "readOnly", "volumeName"))
)

_UPLOAD = Block(
    tuple(
        Field(name, name)
        for name in ("content", "contentBase64", "executable", "file", "permissions", "source", "sourceHash")
    )
)

CONTAINER = Block(
    (
        Field("image", "Image"),
        Field("command", "Cmd", absent=[]),
        Field("entrypoints", "Entrypoint", absent=[]),
        Field("envs", "Env", TEXTS, absent=[], kept=True),
        Field("labels", "Labels", LABELS, absent=[], kept=True),
        Field("hostname", "Hostname", absent=""),
        Field("domainname", "Domainname", absent=""),
        Field("user", "User", absent=""),
        Field("workingDir", "WorkingDir", absent=""),
        Field("tty", "Tty", absent=False),
        Field("stdinOpen", "OpenStdin", absent=False),
        Field("stopSignal", "StopSignal", absent=""),
        Field("stopTimeout", "StopTimeout"),
        Field(
            "healthcheck",
            "Healthcheck",
            Block(
                (
                    Field("tests", "Test"),
                    Field("interval", "Interval", LONG_DURATION, absent="0s"),
                    Field("timeout", "Timeout", LONG_DURATION, absent="0s"),
                    Field("startPeriod", "StartPeriod", LONG_DURATION, absent="0s"),
                    Field("startInterval", "StartInterval", LONG_DURATION, absent="0s"),
                    Field("retries", "Retries", absent=0),
                )
            ),
        ),
        Field(
            "capabilities",
            "HostConfig",
            Block((Field("adds", "CapAdd", Value(_capabilities)), Field("drops", "CapDrop", Value(_capabilities)))),
            kept=True,
        ),
        _host("cgroupParent", "CgroupParent", kept=True),
        _host("cgroupnsMode", "CgroupnsMode", kept=True),
        _host("cpuPeriod", "CpuPeriod", kept=True),
        _host("cpuQuota", "CpuQuota", kept=True),
        _host("cpuSet", "CpusetCpus", absent=""),
        _host("cpuShares", "CpuShares", absent=0),
        _host("cpus", "NanoCpus", _CPUS),
        _host("dns", "Dns", absent=[]),
        _host("dnsOpts", "DnsOptions", absent=[]),
        _host("dnsSearches", "DnsSearch", absent=[]),
        _host("groupAdds", "GroupAdd", absent=[]),
        _host("init", "Init", absent=False),
        _host("ipcMode", "IpcMode", absent=""),
        _host("logDriver", "LogConfig.Type"),
        _host("logOpts", "LogConfig.Config", absent={}, kept=True),
        _host("maxRetryCount", "RestartPolicy.MaximumRetryCount", absent=0),
        _host("memory", "Memory", _MEMORY, absent=0),
        _host("memoryReservation", "MemoryReservation", _MEMORY, absent=0),
        _host("memorySwap", "MemorySwap", _MEMORY, absent=0),
        _host("mounts", "Mounts", Items(MOUNT), absent=[]),
        _host("networkMode", "NetworkMode"),
        _host("pidMode", "PidMode", kept=True),
        _host("ports", "PortBindings", Value(_ports, published), absent=[], kept=True),
        _host("privileged", "Privileged", absent=False),
        _host("publishAllPorts", "PublishAllPorts", absent=False),
        _host("readOnly", "ReadonlyRootfs", absent=False),
        _host("restart", "RestartPolicy.Name"),
        _host("rm", "AutoRemove", absent=False),
        _host("runtime", "Runtime"),
        _host("securityOpts", "SecurityOpt", absent=[]),
        _host("shmSize", "ShmSize", _MEMORY),
        _host("storageOpts", "StorageOpt", absent={}),
        _host("sysctls", "Sysctls", absent={}),
        _host("tmpfs", "Tmpfs", absent={}),
        _host("usernsMode", "UsernsMode", absent=""),
        *(_steering(name, absent=False) for name in ("attach", "logs", "wait")),
        *(_steering(name) for name in _STEERING),
        _steering("networksAdvanced", Items(_NETWORK), absent=[]),
        _steering("uploads", Items(_UPLOAD), absent=[]),
        _steering("volumes", Items(_VOLUME), absent=[]),
        *(_unsupported(name, absent=[]) for name in (*_DEVICES, "hosts", "ulimits")),
        _unsupported("gpus"),
    )
)

DEFAULTS = {
    "containerReadRefreshTimeoutMilliseconds": 15000,
    "devices.permissions": "rwm",
    "healthcheck.interval": "0s",
    "healthcheck.startInterval": "0s",
    "healthcheck.startPeriod": "0s",
    "healthcheck.timeout": "0s",
    "mustRun": True,
    "networkMode": "bridge",
    "ports.ip": "0.0.0.0",  # noqa: S104 - the real plugin's default
    "ports.protocol": "tcp",
    "removeVolumes": True,
    "restart": "no",
    "start": True,
    "waitTimeout": 60,
}
