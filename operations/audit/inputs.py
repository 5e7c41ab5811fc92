"""What `docker inspect` shows, as the inputs of the Docker provider: what is empty is left out, as in a program.

The names are those of pulumi-docker on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from operations.audit.nginx_dump import whole

OWN_NETWORKS = {"bridge", "host", "none", "docker_gwbridge", "ingress"}
"""Docker's own, which nobody declares."""
# A mode, which `networkMode` says, or what the ports of a service bring.
_NOT_JOINED = {"host", "none", "ingress"}
_MEGABYTE = 2**20

Inspected = Mapping[str, Any]
Facts = Mapping[str, Any]


def container(found: Inspected, facts: Facts) -> dict[str, Any]:
    """Return the inputs of a container as `docker container inspect` shows it."""
    config, host = found["Config"], found["HostConfig"]
    logs = host.get("LogConfig") or {}
    return _written(
        name=found["Name"].lstrip("/"),
        image=config["Image"],
        command=config.get("Cmd"),
        entrypoints=config.get("Entrypoint"),
        envs=_variables(found, facts),
        user=config.get("User"),
        labels=_labels(config.get("Labels")),
        healthcheck=_health(config.get("Healthcheck")),
        ports=list(_ports(found)),
        uploads=list(_files(found, facts)),
        publishAllPorts=host.get("PublishAllPorts"),
        networkMode=_network_mode(found),
        networksAdvanced=[
            _written(name=name, aliases=each.get("Aliases"))
            for name, each in (found["NetworkSettings"].get("Networks") or {}).items()
            if name not in _NOT_JOINED
        ],
        privileged=host.get("Privileged"),
        capabilities=_written(adds=host.get("CapAdd"), drops=host.get("CapDrop")),
        securityOpts=_security(found, facts),
        devices=[
            _written(hostPath=each["PathOnHost"], containerPath=each["PathInContainer"])
            for each in host.get("Devices") or ()
        ],
        deviceRequests=host.get("DeviceRequests"),
        deviceCgroupRules=host.get("DeviceCgroupRules"),
        mounts=[_mount(each) for each in found.get("Mounts") or ()],
        tmpfs=host.get("Tmpfs"),
        readOnly=host.get("ReadonlyRootfs"),
        memory=_megabytes(host.get("Memory")),
        memorySwap=_megabytes(host.get("MemorySwap")),
        cpus=_cpus(host),
        restart=(host.get("RestartPolicy") or {}).get("Name"),
        logDriver=logs.get("Type"),
        logOpts=logs.get("Config"),
        pidMode=host.get("PidMode"),
        ipcMode=host.get("IpcMode"),
        usernsMode=host.get("UsernsMode"),
        # Control groups of version 1 are shared unless somebody says otherwise.
        cgroupnsMode=host.get("CgroupnsMode") if facts.get("cgroup") != "1" else None,
        groupAdds=host.get("GroupAdd"),
        sysctls=host.get("Sysctls"),
        ulimits=[
            _written(name=each["Name"], soft=each["Soft"], hard=each["Hard"]) for each in host.get("Ulimits") or ()
        ],
        stopSignal=config.get("StopSignal"),
        stopTimeout=config.get("StopTimeout"),
        # The provider's own patience; whoever else stops the container has Docker's.
        destroyGraceSeconds=config.get("StopTimeout"),
        rm=host.get("AutoRemove"),
    )


def service(spec: Inspected) -> dict[str, Any]:
    """Return the inputs of a service of this specification."""
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    mode = spec.get("Mode") or {}
    endpoint = spec.get("EndpointSpec") or {}
    return _written(
        name=spec["Name"],
        labels=_labels(spec.get("Labels")),
        mode=_written(
            replicated=_written(replicas=(mode.get("Replicated") or {}).get("Replicas")),
            **{"global": True if "Global" in mode else None},
        ),
        endpointSpec=_written(
            mode=endpoint.get("Mode"),
            ports=[
                _written(
                    targetPort=port.get("TargetPort"),
                    publishedPort=port.get("PublishedPort"),
                    protocol=port.get("Protocol"),
                    publishMode=port.get("PublishMode"),
                )
                for port in endpoint.get("Ports") or ()
            ],
        ),
        updateConfig=_roll(spec.get("UpdateConfig")),
        rollbackConfig=_roll(spec.get("RollbackConfig")),
        taskSpec=_written(
            containerSpec=_written(
                image=container["Image"],
                commands=container.get("Command"),
                args=container.get("Args"),
                env=dict(each.partition("=")[::2] for each in container.get("Env") or ()),
                user=container.get("User"),
                readOnly=container.get("ReadOnly"),
                capAdds=container.get("CapabilityAdd"),
                capDrops=container.get("CapabilityDrop"),
                healthcheck=_health(container.get("Healthcheck")),
                stopGracePeriod=_duration(container.get("StopGracePeriod")),
                mounts=[
                    _written(
                        type=each.get("Type"),
                        source=each.get("Source"),
                        target=each.get("Target"),
                        readOnly=each.get("ReadOnly"),
                    )
                    for each in container.get("Mounts") or ()
                ],
                secrets=[_file("secret", "Secret", each) for each in container.get("Secrets") or ()],
                configs=[_file("config", "Config", each) for each in container.get("Configs") or ()],
            ),
            networksAdvanceds=[
                _written(id=each["Target"], aliases=each.get("Aliases")) for each in task.get("Networks") or ()
            ],
            resources=_written(limits=_limits((task.get("Resources") or {}).get("Limits"))),
            restartPolicy=_written(condition=(task.get("RestartPolicy") or {}).get("Condition")),
            logDriver=_written(
                name=(task.get("LogDriver") or {}).get("Name"), options=(task.get("LogDriver") or {}).get("Options")
            ),
        ),
    )


def network(found: Inspected) -> dict[str, Any]:
    """Return the inputs of a network."""
    return _written(
        name=found["Name"],
        driver=found["Driver"],
        attachable=found.get("Attachable"),
        internal=found.get("Internal"),
        ingress=found.get("Ingress"),
        options=found.get("Options"),
        ipamConfigs=[
            _written(subnet=each.get("Subnet"), gateway=each.get("Gateway"))
            for each in (found.get("IPAM") or {}).get("Config") or ()
        ],
    )


def volume(found: Inspected) -> dict[str, Any]:
    """Return the inputs of a volume."""
    return _written(name=found["Name"], driver=found.get("Driver"), driverOpts=found.get("Options"))


def _ports(found: Inspected) -> Iterator[dict[str, Any]]:
    """Yield what is published: really, where the container runs, as asked for, where it does not."""
    ports = found["NetworkSettings"].get("Ports") if found["State"]["Running"] else None
    published = ports or found["HostConfig"].get("PortBindings") or {}
    for port, bindings in sorted(published.items(), key=lambda each: int(each[0].partition("/")[0])):
        internal, _, protocol = port.partition("/")
        for binding in bindings or ():
            for external in _numbers(binding.get("HostPort") or "0"):
                yield _written(
                    internal=int(internal), external=external, ip=binding.get("HostIp"), protocol=protocol or "tcp"
                )


def _files(found: Inspected, facts: Facts) -> Iterator[dict[str, str]]:
    """Yield what a server reads, as if the program had put it into the container: the rules know such files."""
    nginx, redis = (facts[name].get(found["Id"]) for name in ("nginx", "redis"))
    # Of one that only other containers reach, the rules for what the world reaches do not hold.
    if isinstance(nginx, str) and found["HostConfig"].get("PortBindings"):
        yield {"file": "nginx -T", "content": whole(nginx)}
    if isinstance(redis, Mapping) and redis.get("users"):
        yield {"file": redis["file"], "content": redis["users"]}


def _numbers(text: str) -> range:
    """Return the ports of a text such as "8000-8010"; 0 is whichever is free."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _network_mode(found: Inspected) -> str | None:
    """Return the mode where it says more than the networks that the container really is in."""
    mode = str(found["HostConfig"].get("NetworkMode") or "")
    return mode if mode in ("host", "none") or mode.startswith("container:") else None


def _security(found: Inspected, facts: Facts) -> list[str]:
    """Return the options, and among them what the daemon adds by itself (daemon.json), where it really holds."""
    host = found["HostConfig"]
    options = list(host.get("SecurityOpt") or ())
    if host.get("Privileged") or "host" in (host.get("PidMode"), host.get("IpcMode")):
        # Docker adds it by itself to what has these, of which rules of their own tell.
        options = [option for option in options if option != "label=disable"]
    if any(option.startswith("no-new-privileges") for option in options):
        return options
    processes = facts["processes"].get(found["Id"])
    if found["State"]["Running"]:
        holds = isinstance(processes, list) and all(each["no_new_privileges"] for each in processes)
    else:
        holds = _json(facts["daemon"].get("file")).get("no-new-privileges") is True
    return [*options, "no-new-privileges:true"] if holds else options


def _json(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _mount(mount: Inspected) -> dict[str, Any]:
    return _written(
        type=mount["Type"],
        source=mount.get("Name") or mount.get("Source"),
        target=mount["Destination"],
        readOnly=not mount["RW"],
    )


def _health(check: Inspected | None) -> dict[str, Any] | None:
    if not check or not check.get("Test"):
        return None
    return _written(
        tests=check["Test"],
        interval=_duration(check.get("Interval")),
        timeout=_duration(check.get("Timeout")),
        startPeriod=_duration(check.get("StartPeriod")),
        retries=check.get("Retries"),
    )


def _roll(config: Inspected | None) -> dict[str, Any] | None:
    if not config:
        return None
    return _written(
        parallelism=config.get("Parallelism", 0),
        delay=_duration(config.get("Delay", 0)),
        failureAction=config.get("FailureAction"),
        monitor=_duration(config.get("Monitor")),
        maxFailureRatio=f"{config.get('MaxFailureRatio', 0):g}",
        order=config.get("Order"),
    )


def _limits(limits: Inspected | None) -> dict[str, Any]:
    limits = limits or {}
    return _written(nanoCpus=limits.get("NanoCPUs"), memoryBytes=limits.get("MemoryBytes"))


def _file(key: str, kind: str, found: Inspected) -> dict[str, Any]:
    file = found.get("File") or {}
    return {
        f"{key}Id": found[f"{kind}ID"],
        f"{key}Name": found[f"{kind}Name"],
        **_written(
            fileName=file.get("Name"), fileUid=file.get("UID"), fileGid=file.get("GID"), fileMode=file.get("Mode")
        ),
    }


def _labels(labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"label": name, "value": value} for name, value in (labels or {}).items()]


def _megabytes(amount: int | None) -> int | None:
    return amount // _MEGABYTE if amount and amount > 0 else None


def _cpus(host: Inspected) -> str | None:
    """Return the limit in either of the two forms in which Docker keeps it."""
    if host.get("NanoCpus"):
        return str(host["NanoCpus"] / 1e9)
    quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100_000
    return f"{quota / period:g}" if quota > 0 else None


def _duration(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else f"{nanoseconds / 1e9:g}s"


def _written(**inputs: Any) -> dict[str, Any]:
    """Return the inputs that a program would have to write: nothing for what is empty."""
    return {key: value for key, value in inputs.items() if value is not None and not _empty(value)}


def _empty(value: Any) -> bool:
    return isinstance(value, str | Sequence | Mapping) and not value


def _variables(found: Inspected, facts: Facts) -> list[str]:
    """Return the variables that the container's image does not bring."""
    own = facts["images"].get(found["Image"])
    return [each for each in found["Config"].get("Env") or () if not isinstance(own, list) or each not in own]
