"""Translates the output of `docker inspect` into inputs of pulumi-docker, by their names on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from operations.audit.nginx_dump import merged

OWN_NETWORKS = {"bridge", "host", "none", "docker_gwbridge", "ingress"}
"""Docker's own networks, which nobody declares."""
# Network modes, and the network of services with published ports.
_NOT_JOINED = {"host", "none", "ingress"}
_MEGABYTE = 2**20

Inspected = Mapping[str, Any]
Facts = Mapping[str, Any]


def container(container: Inspected, facts: Facts) -> dict[str, Any]:
    """Return the inputs of a container."""
    config, host = container["Config"], container["HostConfig"]
    logs = host.get("LogConfig") or {}
    return _nonempty(
        name=container["Name"].lstrip("/"),
        image=config["Image"],
        command=config.get("Cmd"),
        entrypoints=config.get("Entrypoint"),
        envs=_variables(container, facts),
        labels=_labels(config.get("Labels")),
        healthcheck=_health(config.get("Healthcheck")),
        ports=list(_ports(container)),
        uploads=list(_files(container, facts)),
        networkMode=_network_mode(container),
        networksAdvanced=[
            _nonempty(name=name, aliases=network.get("Aliases"))
            for name, network in (container["NetworkSettings"].get("Networks") or {}).items()
            if name not in _NOT_JOINED
        ],
        capabilities=_nonempty(adds=host.get("CapAdd"), drops=host.get("CapDrop")),
        securityOpts=_security(container, facts),
        devices=[
            _nonempty(hostPath=device["PathOnHost"], containerPath=device["PathInContainer"])
            for device in host.get("Devices") or ()
        ],
        mounts=[_mount(mount) for mount in container.get("Mounts") or ()],
        readOnly=host.get("ReadonlyRootfs"),
        memory=_megabytes(host.get("Memory")),
        memorySwap=_megabytes(host.get("MemorySwap")),
        cpus=_cpus(host),
        restart=(host.get("RestartPolicy") or {}).get("Name"),
        logDriver=logs.get("Type"),
        logOpts=logs.get("Config"),
        # Control groups of version 1 are shared by default.
        cgroupnsMode=host.get("CgroupnsMode") if facts.get("cgroup") != "1" else None,
        groupAdds=host.get("GroupAdd"),
        ulimits=[
            _nonempty(name=limit["Name"], soft=limit["Soft"], hard=limit["Hard"]) for limit in host.get("Ulimits") or ()
        ],
        # The provider's own timeout; whoever else stops the container uses stopTimeout.
        destroyGraceSeconds=config.get("StopTimeout"),
        rm=host.get("AutoRemove"),
        **_same_named(config, "User", "StopSignal", "StopTimeout"),
        **_same_named(host, "Privileged", "PublishAllPorts", "DeviceRequests", "DeviceCgroupRules", "Tmpfs", "Sysctls"),
        **_same_named(host, "PidMode", "IpcMode", "UsernsMode"),
    )


def service(spec: Inspected) -> dict[str, Any]:
    """Return the inputs of a service with this specification."""
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    mode, endpoint = spec.get("Mode") or {}, spec.get("EndpointSpec") or {}
    limits = (task.get("Resources") or {}).get("Limits") or {}
    return _nonempty(
        name=spec["Name"],
        labels=_labels(spec.get("Labels")),
        mode=_nonempty(
            replicated=_nonempty(replicas=(mode.get("Replicated") or {}).get("Replicas")),
            **{"global": True if "Global" in mode else None},
        ),
        endpointSpec=_nonempty(
            mode=endpoint.get("Mode"),
            ports=[
                _same_named(port, "TargetPort", "PublishedPort", "Protocol", "PublishMode")
                for port in endpoint.get("Ports") or ()
            ],
        ),
        updateConfig=_roll(spec.get("UpdateConfig")),
        rollbackConfig=_roll(spec.get("RollbackConfig")),
        taskSpec=_nonempty(
            containerSpec=_nonempty(
                image=container["Image"],
                commands=container.get("Command"),
                env=dict(variable.partition("=")[::2] for variable in container.get("Env") or ()),
                capAdds=container.get("CapabilityAdd"),
                capDrops=container.get("CapabilityDrop"),
                healthcheck=_health(container.get("Healthcheck")),
                stopGracePeriod=_duration(container.get("StopGracePeriod")),
                mounts=[
                    _same_named(mount, "Type", "Source", "Target", "ReadOnly")
                    for mount in container.get("Mounts") or ()
                ],
                secrets=[_file("secret", "Secret", secret) for secret in container.get("Secrets") or ()],
                configs=[_file("config", "Config", config) for config in container.get("Configs") or ()],
                **_same_named(container, "Args", "User", "ReadOnly"),
            ),
            networksAdvanceds=[
                _nonempty(id=network["Target"], aliases=network.get("Aliases"))
                for network in task.get("Networks") or ()
            ],
            resources=_nonempty(
                limits=_nonempty(nanoCpus=limits.get("NanoCPUs"), memoryBytes=limits.get("MemoryBytes"))
            ),
            restartPolicy=_same_named(task.get("RestartPolicy") or {}, "Condition"),
            logDriver=_same_named(task.get("LogDriver") or {}, "Name", "Options"),
        ),
    )


def network(network: Inspected) -> dict[str, Any]:
    """Return the inputs of a network."""
    configs = (network.get("IPAM") or {}).get("Config") or ()
    return _nonempty(
        name=network["Name"],
        driver=network["Driver"],
        ipamConfigs=[_same_named(config, "Subnet", "Gateway") for config in configs],
        **_same_named(network, "Attachable", "Internal", "Ingress", "Options"),
    )


def volume(volume: Inspected) -> dict[str, Any]:
    """Return the inputs of a volume."""
    return _nonempty(name=volume["Name"], driver=volume.get("Driver"), driverOpts=volume.get("Options"))


def _ports(container: Inspected) -> Iterator[dict[str, Any]]:
    """Yield the published ports: the actual ones of a running container, the configured ones of another."""
    ports = container["NetworkSettings"].get("Ports") if container["State"]["Running"] else None
    published = ports or container["HostConfig"].get("PortBindings") or {}
    for port, bindings in sorted(published.items(), key=lambda item: int(item[0].partition("/")[0])):
        internal, _, protocol = port.partition("/")
        for binding in bindings or ():
            first, _, last = (binding.get("HostPort") or "0").partition("-")  # 8000-8010; 0 is any free port
            for external in range(int(first), int(last or first) + 1):
                yield _nonempty(
                    internal=int(internal), external=external, ip=binding.get("HostIp"), protocol=protocol or "tcp"
                )


def _files(container: Inspected, facts: Facts) -> Iterator[dict[str, str]]:
    """Yield a server's configuration as an uploaded file, which is what the rules read."""
    nginx, redis = (facts[name].get(container["Id"]) for name in ("nginx", "redis"))
    # The rules are for an nginx that is reached from outside, not from other containers only.
    if isinstance(nginx, str) and container["HostConfig"].get("PortBindings"):
        yield {"file": "nginx -T", "content": merged(nginx)}
    if isinstance(redis, Mapping) and redis.get("users"):
        yield {"file": redis["file"], "content": redis["users"]}


def _network_mode(container: Inspected) -> str | None:
    """Return the network mode unless it is only the name of a network."""
    mode = str(container["HostConfig"].get("NetworkMode") or "")
    return mode if mode in ("host", "none") or mode.startswith("container:") else None


def _security(container: Inspected, facts: Facts) -> list[str]:
    """Return the security options, with the no-new-privileges that daemon.json adds, if it is in force."""
    host = container["HostConfig"]
    options = list(host.get("SecurityOpt") or ())
    if host.get("Privileged") or "host" in (host.get("PidMode"), host.get("IpcMode")):
        # Docker adds it for these modes, which have rules of their own.
        options = [option for option in options if option != "label=disable"]
    if any(option.startswith("no-new-privileges") for option in options):
        return options
    processes = facts["processes"].get(container["Id"])
    if container["State"]["Running"]:
        in_force = isinstance(processes, list) and all(process["no_new_privileges"] for process in processes)
    else:
        in_force = _object(facts["daemon"].get("file")).get("no-new-privileges") is True
    return [*options, "no-new-privileges:true"] if in_force else options


def _object(text: str | None) -> Mapping[str, Any]:
    """Return the JSON object in a text, empty where it holds none."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _mount(mount: Inspected) -> dict[str, Any]:
    source = mount.get("Name") or mount.get("Source")
    return _nonempty(type=mount["Type"], source=source, target=mount["Destination"], readOnly=not mount["RW"])


def _health(check: Inspected | None) -> dict[str, Any] | None:
    if not check or not check.get("Test"):
        return None
    return _nonempty(
        tests=check["Test"],
        interval=_duration(check.get("Interval")),
        timeout=_duration(check.get("Timeout")),
        startPeriod=_duration(check.get("StartPeriod")),
        retries=check.get("Retries"),
    )


def _roll(config: Inspected | None) -> dict[str, Any] | None:
    if not config:
        return None
    return _nonempty(
        parallelism=config.get("Parallelism", 0),
        delay=_duration(config.get("Delay", 0)),
        monitor=_duration(config.get("Monitor")),
        maxFailureRatio=f"{config.get('MaxFailureRatio', 0):g}",
        **_same_named(config, "FailureAction", "Order"),
    )


def _file(key: str, kind: str, reference: Inspected) -> dict[str, Any]:
    """Return the inputs of a reference to a secret or a config."""
    file = reference.get("File") or {}
    names = {"fileName": "Name", "fileUid": "UID", "fileGid": "GID", "fileMode": "Mode"}
    given = _nonempty(**{name: file.get(docker) for name, docker in names.items()})
    return {f"{key}Id": reference[f"{kind}ID"], f"{key}Name": reference[f"{kind}Name"], **given}


def _labels(labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"label": name, "value": value} for name, value in (labels or {}).items()]


def _megabytes(amount: int | None) -> int | None:
    return amount // _MEGABYTE if amount and amount > 0 else None


def _cpus(host: Inspected) -> str | None:
    """Return the limit of processors, which Docker stores in one of two forms."""
    if host.get("NanoCpus"):
        return str(host["NanoCpus"] / 1e9)
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100_000
    return f"{quota / period:g}" if quota > 0 else None


def _duration(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else f"{nanoseconds / 1e9:g}s"


def _nonempty(**inputs: Any) -> dict[str, Any]:
    """Return the inputs that are not empty; a program leaves the others out."""
    return {
        name: value
        for name, value in inputs.items()
        if value is not None and (value or not isinstance(value, Sequence | Mapping))
    }


def _same_named(source: Inspected, *keys: str) -> dict[str, Any]:
    """Return the inputs whose names differ from Docker's keys only in the first letter's case."""
    return _nonempty(**{key[0].lower() + key[1:]: source.get(key) for key in keys})


def _variables(container: Inspected, facts: Facts) -> list[str]:
    """Return the environment variables that do not come from the container's image."""
    inherited = facts["images"].get(container["Image"])
    variables = container["Config"].get("Env") or []
    return [variable for variable in variables if not isinstance(inherited, list) or variable not in inherited]
