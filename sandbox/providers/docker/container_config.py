"""The table of a container's inputs and the fields of the Docker API's container configuration."""

from __future__ import annotations

from typing import Any

from sandbox.providers.docker.fields import LABELS, LONG_DURATION, MOUNT, TEXTS, Block, Codec, Field, Items, Value
from sandbox.providers.wire import Plain

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
        binding = {"HostIp": port.get("ip", "0.0.0.0"), "HostPort": external}  # noqa: S104 - the real plugin's default
        bindings.setdefault(f"{port['internal']}/{port.get('protocol', 'tcp')}", []).append(binding)
    return bindings


def _devices(devices: list[Plain]) -> list[Plain]:
    return [
        {
            "PathOnHost": device["hostPath"],
            "PathInContainer": device.get("containerPath", device["hostPath"]),
            "CgroupPermissions": device.get("permissions", "rwm"),
        }
        for device in devices
    ]


def _binds(volumes: list[Plain]) -> list[str]:
    return [
        f"{source}:{volume['containerPath']}:{'ro' if volume.get('readOnly') else 'rw'}"
        for volume in volumes
        if (source := volume.get("volumeName") or volume.get("hostPath"))
    ]


def volumes(entries: list[Plain]) -> Plain:
    """Write `volumes`, whose entries go to three places of the configuration."""
    anonymous = [entry for entry in entries if not entry.keys() & {"volumeName", "hostPath", "fromContainer"}]
    return {
        "Volumes": {entry["containerPath"]: {} for entry in anonymous},
        "HostConfig": {
            "Binds": _binds(entries),
            "VolumesFrom": [entry["fromContainer"] for entry in entries if "fromContainer" in entry],
        },
    }


def _host(name: str, api: str, codec: Codec = Value(), default: Any = None) -> Field:  # noqa: B008 - immutable
    return Field(name, f"HostConfig.{api}", codec, default)


_MEMORY = Value(_bytes, _megabytes)

CONTAINER = Block(
    (
        Field("image", "Image"),
        Field("command", "Cmd"),
        Field("entrypoints", "Entrypoint"),
        Field("envs", "Env", TEXTS),
        Field("labels", "Labels", LABELS),
        Field("hostname", "Hostname"),
        Field("domainname", "Domainname"),
        Field("user", "User"),
        Field("workingDir", "WorkingDir"),
        Field("tty", "Tty"),
        Field("stdinOpen", "OpenStdin"),
        Field("stopSignal", "StopSignal"),
        Field("stopTimeout", "StopTimeout"),
        Field(
            "healthcheck",
            "Healthcheck",
            Block(
                (
                    Field("tests", "Test"),
                    Field("interval", "Interval", LONG_DURATION),
                    Field("timeout", "Timeout", LONG_DURATION),
                    Field("startPeriod", "StartPeriod", LONG_DURATION),
                    Field("startInterval", "StartInterval", LONG_DURATION),
                    Field("retries", "Retries"),
                )
            ),
        ),
        Field(
            "capabilities",
            "HostConfig",
            Block((Field("adds", "CapAdd", Value(_capabilities)), Field("drops", "CapDrop", Value(_capabilities)))),
        ),
        _host("cgroupParent", "CgroupParent"),
        _host("cgroupnsMode", "CgroupnsMode"),
        _host("cpuPeriod", "CpuPeriod"),
        _host("cpuQuota", "CpuQuota"),
        _host("cpuSet", "CpusetCpus"),
        _host("cpuShares", "CpuShares"),
        _host("cpus", "NanoCpus", Value(lambda cpus: round(float(cpus) * 10**9), lambda actual: f"{actual / 10**9:g}")),
        _host("devices", "Devices", Value(_devices)),
        _host("dns", "Dns"),
        _host("dnsOpts", "DnsOptions"),
        _host("dnsSearches", "DnsSearch"),
        _host("groupAdds", "GroupAdd"),
        _host("hosts", "ExtraHosts", Value(lambda hosts: [f"{entry['host']}:{entry['ip']}" for entry in hosts])),
        _host("init", "Init"),
        _host("ipcMode", "IpcMode"),
        _host("logDriver", "LogConfig.Type"),
        _host("logOpts", "LogConfig.Config"),
        _host("maxRetryCount", "RestartPolicy.MaximumRetryCount"),
        _host("memory", "Memory", _MEMORY),
        _host("memoryReservation", "MemoryReservation", _MEMORY),
        _host("memorySwap", "MemorySwap", _MEMORY),
        _host("mounts", "Mounts", Items(MOUNT)),
        _host("networkMode", "NetworkMode"),
        _host("pidMode", "PidMode"),
        _host("ports", "PortBindings", Value(_ports)),
        _host("privileged", "Privileged"),
        _host("publishAllPorts", "PublishAllPorts"),
        _host("readOnly", "ReadonlyRootfs"),
        _host("restart", "RestartPolicy.Name", default="no"),
        _host("rm", "AutoRemove"),
        _host("runtime", "Runtime"),
        _host("securityOpts", "SecurityOpt"),
        _host("shmSize", "ShmSize", _MEMORY),
        _host("storageOpts", "StorageOpt"),
        _host("sysctls", "Sysctls"),
        _host("tmpfs", "Tmpfs"),
        _host(
            "ulimits", "Ulimits", Items(Block((Field("name", "Name"), Field("soft", "Soft"), Field("hard", "Hard"))))
        ),
        _host("usernsMode", "UsernsMode"),
    )
)

NETWORK = Block(
    (
        Field("name", "Name"),
        Field("aliases", "Aliases"),
        Field("driverOpts", "DriverOpts", Value(lambda options: dict(option.split("=", 1) for option in options))),
        Field("ipv4Address", "IPAMConfig.IPv4Address"),
        Field("ipv6Address", "IPAMConfig.IPv6Address"),
        Field("linkLocalIps", "IPAMConfig.LinkLocalIPs"),
        Field("macAddress", "MacAddress"),
    )
)

VOLUME = Block(
    tuple(Field(name, name) for name in ("containerPath", "fromContainer", "hostPath", "readOnly", "volumeName"))
)

UPLOAD = Block(
    tuple(
        Field(name, name)
        for name in ("content", "contentBase64", "executable", "file", "permissions", "source", "sourceHash")
    )
)
