"""Rules for containers and services: what they may do on the host, what they run, and how they stay up."""

from __future__ import annotations

import json
import math
import posixpath
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policies import docker
from policies.addresses import is_loopback
from policies.docker import CONTAINER, SERVICE, VOLUME
from policies.frameworks import cis_docker, nist_800_53
from policies.rule import Limit, Limits, Resource, ResourceRule, StackRule, items, of_type, read

_IMAGE = "docker:index/remoteImage:RemoteImage"
_RUN = "https://docs.docker.com/reference/cli/docker/container/run/"


def _spec(resource: Resource) -> tuple[str, Any]:
    """Return the path of the inputs that describe the container, and those inputs."""
    return "taskSpec.containerSpec." if resource.type == SERVICE else "", docker.spec(resource)


def _privileged(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "privileged") not in (None, False):
        yield "privileged: gives the container every power of the host's root"


def _capability(name: Any) -> str:
    # Docker ignores the case and the prefix (moby, oci/caps/utils.go).
    return str(name).upper().removeprefix("CAP_")


def _capabilities(resource: Resource, limits: Limits) -> Iterator[str]:
    where, spec = _spec(resource)
    drops, adds = ("capDrops", "capAdds") if resource.type == SERVICE else ("capabilities.drops", "capabilities.adds")
    # CAP_ALL is nothing that Docker drops.
    if not any(str(name).upper() == "ALL" for name in items(spec, *drops.split("."))):
        yield f"{where}{drops}: does not drop ALL"
    allowed = {_capability(name) for name in limits["allowed"]}
    for index, name in enumerate(items(spec, *adds.split("."))):
        if _capability(name) not in allowed:
            yield f"{where}{adds}[{index}]: adds a capability that is not allowed"


def _security_options(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Yield input, key and value of each security option; a key alone is true."""
    for index, option in enumerate(items(resource.inputs, "securityOpts")):
        key, mark, value = str(option).partition("=" if "=" in str(option) else ":")
        yield f"securityOpts[{index}]", key, value if mark else "true"


def _no_new_privileges(resource: Resource, _: Limits) -> Iterator[str]:
    options = [(where, value) for where, key, value in _security_options(resource) if key == "no-new-privileges"]
    if not options:
        yield "securityOpts: does not set no-new-privileges"
    for where, value in options:
        # What Go's strconv.ParseBool takes as true.
        if value not in ("1", "t", "T", "true", "True", "TRUE"):
            yield f"{where}: sets no-new-privileges to something else than true"


def _confined(resource: Resource, _: Limits) -> Iterator[str]:
    where, spec = _spec(resource)
    for at, key, value in _security_options(resource):
        name = key.casefold()
        if name in ("seccomp", "apparmor", "systempaths", "label") and value.casefold() in ("unconfined", "disable"):
            yield f"{at}: switches {name} off"
        elif name == "seccomp" and value not in ("", "builtin") and not _refuses_by_default(value):
            yield f"{at}: the profile of seccomp does not refuse by default, or is no JSON"
    if read(spec, "privileges", "seLinuxContext", "disable") not in (None, False):
        yield f"{where}privileges.seLinuxContext.disable: switches label off"


def _refuses_by_default(profile: str) -> bool:
    try:
        action = json.loads(profile)["defaultAction"]
    except (ValueError, TypeError, KeyError):  # a path too: Docker's API takes the profile itself
        return False
    return str(action).startswith(("SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_TRAP"))


# Where the sockets are through which a container commands the engine, and with it the host.
_SOCKET_DIRECTORIES = {"/run", "/run/docker", "/run/docker/containerd", "/run/containerd", "/run/podman", "/run/crio"}
_SOCKET_NAMES = {"docker.sock", "containerd.sock", "podman.sock", "crio.sock", "docker_engine"}
# The directories of rootless engines.
_USER_RUN = re.compile(r"/run/user(/\d+(/docker|/podman)?)?")
# CIS Docker 5.6 and KICS volume_has_sensitive_host_directory; Debian's /bin, /sbin and /lib* are links into /usr.
_SENSITIVE = (
    *(
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/proc",
        "/sys",
        "/usr",
        "/bin",
        "/sbin",
        "/root",
    ),
    # Beyond the two lists: the sockets of systemd and D-Bus, and cron's tables.
    *("/run", "/var/spool"),
    *("/var/lib/docker", "/var/lib/containerd"),
)


def _within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _normal(path: Any) -> str:
    """Return a path as the host reads it."""
    normal = posixpath.normpath(str(path).replace("\\", "/"))
    if normal.startswith("/"):
        normal = "/" + normal.lstrip("/")  # normpath leaves two slashes at the front alone
    return normal.removeprefix("/var") if _within(normal, "/var/run") else normal  # a link to /run


def _host_paths(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield input and path of each path of the host that is mounted, directly or by a volume bound to it."""
    where, spec = _spec(resource)
    if resource.type == VOLUME:
        yield from _bound("driverOpts", read(spec, "driverOpts"))
    for index, mount in enumerate(items(spec, "mounts")):
        at = f"{where}mounts[{index}]"
        # As the source of a volume Docker takes no path, and its name may be unknown.
        if read(mount, "type") != "volume":
            yield f"{at}.source", _normal(read(mount, "source"))
        yield from _bound(f"{at}.volumeOptions.driverOptions", read(mount, "volumeOptions", "driverOptions"))
    for index, volume in enumerate(items(spec, "volumes")):
        # The provider writes both before the colon of a bind, so that a name may be a path.
        for key in ("hostPath", "volumeName"):
            yield f"volumes[{index}].{key}", _normal(read(volume, key))


def _bound(where: str, options: Any) -> Iterator[tuple[str, str]]:
    """Yield the paths in options of the volume driver `local`; an export of NFS begins with a colon and is none."""
    device, mount = (str(read(options, key)) for key in ("device", "o"))
    if device.startswith("/"):
        yield f"{where}.device", _normal(device)
    for part in re.split("[,=:]", mount):  # lowerdir=/a:/b of an overlay
        if part.startswith("/"):
            yield f"{where}.o", _normal(part)


def _leads_to_socket(path: str) -> bool:
    directory = path in _SOCKET_DIRECTORIES or bool(_USER_RUN.fullmatch(path))
    return directory or posixpath.basename(path) in _SOCKET_NAMES


def _socket(resource: Resource, _: Limits) -> Iterator[str]:
    for where, path in _host_paths(resource):
        if _leads_to_socket(path):
            yield f"{where}: mounts the engine's socket, or a directory that has it"


def _sensitive(resource: Resource, _: Limits) -> Iterator[str]:
    for where, path in _host_paths(resource):
        if _leads_to_socket(path):
            continue
        if path == "/":
            yield f"{where}: mounts the whole host"
            continue
        for directory in _SENSITIVE:
            if _within(path, directory) or _within(directory, path):
                yield f"{where}: mounts {directory} of the host, a part of it, or what it is in"
                break


def _devices(resource: Resource, _: Limits) -> Iterator[str]:
    for key in ("devices", "deviceRequests", "deviceCgroupRules"):
        for index, _device in enumerate(items(resource.inputs, key)):
            yield f"{key}[{index}]: gives the container a device of the host"
    if read(resource.inputs, "gpus") not in (None, ""):
        yield "gpus: gives the container devices of the host"


def _namespaces(resource: Resource, _: Limits) -> Iterator[str]:
    # The provider has no input for the UTS namespace; the network's is a rule of its own.
    for key in ("pidMode", "ipcMode", "usernsMode", "cgroupnsMode"):
        if str(read(resource.inputs, key)).casefold() == "host":
            yield f"{key}: shares the host's namespace"


def _positive(value: Any) -> bool:
    try:
        return math.isfinite(float(value)) and float(value) > 0
    except (TypeError, ValueError):
        return False


def _memory(resource: Resource, _: Limits) -> Iterator[str]:
    path = ("taskSpec", "resources", "limits", "memoryBytes") if resource.type == SERVICE else ("memory",)
    if not _positive(read(resource.inputs, *path)):
        yield f"{'.'.join(path)}: sets no limit"


def _cpu(resource: Resource, _: Limits) -> Iterator[str]:
    path: tuple[str, ...] = ("taskSpec", "resources", "limits", "nanoCpus")
    if resource.type == CONTAINER:
        # The provider ignores cpuQuota where cpus is set.
        path = ("cpus",) if read(resource.inputs, "cpus") is not None else ("cpuQuota",)
    if not _positive(read(resource.inputs, *path)):
        yield f"{'.'.join(path)}: sets no limit"


def _user(resource: Resource, _: Limits) -> Iterator[str]:
    # Unset is let through: the images of PostgreSQL, Redis and nginx begin as root and drop it themselves. Whether they
    # do, only the running process tells: the readiness audit reads its uid.
    where, spec = _spec(resource)
    user = read(spec, "user")
    if user is None:
        return
    name = str(user if isinstance(user, str) else int(user)).partition(":")[0]
    if not name:
        yield f"{where}user: names no user, which is root"
    elif name.casefold() == "root" or (re.fullmatch(r"[+-]?\d+", name) and int(name) == 0):
        yield f"{where}user: is root"


def _read_only(resource: Resource, limits: Limits) -> Iterator[str]:
    if resource.type == SERVICE:
        # In host mode, on every address; that ingress is not used at all is a rule of its own.
        ports = items(resource.inputs, "endpointSpec", "ports")
        published = [read(port, "publishedPort") for port in ports if read(port, "publishMode") == "host"]
    else:
        ports = items(resource.inputs, "ports")
        published = [read(port, "external") for port in ports if not is_loopback(str(read(port, "ip")))]
    where, spec = _spec(resource)
    public = {int(port) for port in limits["ports"]}
    if public & {int(port) for port in published if port is not None} and read(spec, "readOnly") is not True:
        yield f"{where}readOnly: whoever breaks in can change the container's files"


# Checks that say nothing.
_IDLE = {"", "true", "/bin/true", ":", "exit 0", "exit"}


def _health(resource: Resource, _: Limits) -> Iterator[str]:
    where, spec = _spec(resource)
    kind, *command = [str(part) for part in items(spec, "healthcheck", "tests")] or [""]
    if not kind:
        yield f"{where}healthcheck.tests: there is no check"
    # Docker runs no check of another kind, and only logs that it does not (moby, daemon/health.go).
    elif kind not in ("CMD", "CMD-SHELL"):
        yield f"{where}healthcheck.tests[0]: is neither CMD nor CMD-SHELL, so that Docker checks nothing"
    elif " ".join(command).strip() in _IDLE:
        yield f"{where}healthcheck.tests: always succeeds or is empty"


_BY_DIGEST = re.compile(r"([^@\s]+@)?sha256:[0-9a-f]{64}")


def _pinned(resource: Resource, limits: Limits) -> Iterator[str]:
    where, spec = _spec(resource)
    key = "name" if resource.type == _IMAGE else "image"
    if resource.type == _IMAGE and read(spec, "build") is not None:
        return  # built here, so that there is no digest before
    image = str(read(spec, key))
    if _BY_DIGEST.fullmatch(image):
        return
    if limits["digest"]:
        yield f"{where}{key}: has no digest"
        return
    _, tag = docker.name_and_tag(image)
    if tag.casefold() in ("", "latest"):
        yield f"{where}{key}: has no tag, or the tag latest"


def _restart(resource: Resource, _: Limits) -> Iterator[str]:
    if resource.type == SERVICE:  # Swarm restarts unless it is told not to
        if read(resource.inputs, "taskSpec", "restartPolicy", "condition") not in (None, "any", "on-failure"):
            yield "taskSpec.restartPolicy.condition: a task that ends is not started again"
    elif read(resource.inputs, "restart") not in ("always", "unless-stopped", "on-failure"):
        yield "restart: a container that ends is not started again"


def _updates(resource: Resource, _: Limits) -> Iterator[str]:
    config = read(resource.inputs, "updateConfig")
    for key, good in (("order", "start-first"), ("failureAction", "rollback")):
        if read(config, key) != good:
            yield f"updateConfig.{key}: is not {good}"
    parallelism = read(config, "parallelism")
    if parallelism is not None and not _positive(parallelism):
        yield "updateConfig.parallelism: 0 replaces every replica at once"
    if float(read(config, "maxFailureRatio") or 0) >= 1:
        yield "updateConfig.maxFailureRatio: tolerates that all fail, so that nothing is ever rolled back"


def _replicas(resource: Resource, limits: Limits) -> Iterator[str]:
    names = {str(read(resource.inputs, "name")).casefold()}
    for network in items(resource.inputs, "taskSpec", "networksAdvanceds"):
        names |= {str(alias).casefold() for alias in items(network, "aliases")}
    if not names & {str(name).casefold() for name in limits["services"]}:
        return
    # Swarm runs one replica where the number is not set; a global service has one on each node.
    replicas = read(resource.inputs, "mode", "replicated", "replicas")
    if (1 if replicas is None else float(replicas)) < limits["replicas"]:
        yield f"mode.replicated.replicas: is less than {limits['replicas']:g}"


_containers = partial(ResourceRule, judges=of_type(CONTAINER, SERVICE))
_plain_containers = partial(ResourceRule, judges=of_type(CONTAINER))
_services = partial(ResourceRule, judges=of_type(SERVICE))
_mounts = partial(ResourceRule, judges=of_type(CONTAINER, SERVICE, VOLUME))

RULES: list[ResourceRule | StackRule] = [
    _plain_containers(
        id="containers-unprivileged",
        sentence="No container is privileged.",
        severity=Severity.CRITICAL,
        framework=cis_docker("5.5", "Ensure that privileged containers are not used"),
        url="https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities",
        mend="Leave out `privileged`, and add the one capability that is needed to `capabilities.adds`.",
        check=_privileged,
    ),
    _containers(
        id="container-capabilities-few",
        sentence="Every container drops all capabilities and adds only those that an image needs to drop root itself.",
        severity=Severity.HIGH,
        framework=cis_docker("5.4", "Ensure that Linux kernel capabilities are restricted within containers"),
        url="https://docs.docker.com/engine/security/#linux-kernel-capabilities",
        mend=(
            'Set `capabilities` to drops=["ALL"] (a service: `cap_drops`), and add no more than the image needs of '
            "CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_SETGID, CAP_SETUID and CAP_NET_BIND_SERVICE."
        ),
        limits={
            "allowed": Limit(
                # What the images of PostgreSQL, Redis and nginx need to give up root and to bind port 80 (DKR-08).
                ("CHOWN", "DAC_OVERRIDE", "FOWNER", "NET_BIND_SERVICE", "SETGID", "SETUID"),
                "Capabilities that a container may add.",
            )
        },
        check=_capabilities,
    ),
    _plain_containers(
        # A service has no input for it: the daemon's setting holds for those (rule daemon-no-new-privileges).
        id="container-no-new-privileges",
        sentence="No process of a container gains privileges through a setuid program.",
        severity=Severity.HIGH,
        framework=cis_docker("5.26", "Ensure that the container is restricted from acquiring additional privileges"),
        url=f"{_RUN}#security-opt",
        mend='Set `security_opts` to ["no-new-privileges:true"], and take out what sets it to something else.',
        check=_no_new_privileges,
    ),
    _containers(
        id="containers-confined",
        sentence="The profiles of seccomp, AppArmor and SELinux that Docker gives a container stay on.",
        severity=Severity.HIGH,
        framework=cis_docker("5.22", "Ensure the default seccomp profile is not Disabled"),
        url="https://docs.docker.com/engine/security/seccomp/",
        mend=(
            "Take seccomp, apparmor, systempaths and label out of `security_opts` (a service: `privileges`); where a "
            "program needs one more system call, give a seccomp profile as JSON whose defaultAction is SCMP_ACT_ERRNO."
        ),
        check=_confined,
    ),
    _mounts(
        id="engine-socket-not-mounted",
        sentence="No container sees the socket of the container engine, with which it would command the host.",
        severity=Severity.CRITICAL,
        framework=cis_docker("5.32", "Ensure that the Docker socket is not mounted inside any containers"),
        url="https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        mend="Take the mount out of `mounts` or `volumes`; what has to command Docker runs on the host, over SSH.",
        check=_socket,
    ),
    _mounts(
        id="sensitive-host-paths-not-mounted",
        sentence="No container sees directories of the host's own system, not even to read.",
        severity=Severity.HIGH,
        framework=cis_docker("5.6", "Ensure sensitive host system directories are not mounted on containers"),
        url="https://docs.docker.com/engine/storage/bind-mounts/#considerations-and-constraints",
        mend=(
            "Copy what the container needs into a directory of its own, below /opt or /srv, and mount that, or use a "
            "named volume; a service gets files by `configs` and `secrets`."
        ),
        check=_sensitive,
    ),
    _plain_containers(
        id="host-devices-not-passed-in",
        sentence="No container has a device of the host.",
        severity=Severity.HIGH,
        framework=cis_docker("5.18", "Ensure that host devices are not directly exposed to containers"),
        url=f"{_RUN}#device",
        mend="Leave out `devices`, `device_requests`, `device_cgroup_rules` and `gpus`.",
        check=_devices,
    ),
    _plain_containers(
        id="host-namespaces-not-shared",
        sentence="No container shares the host's processes, shared memory, user ids or control groups.",
        severity=Severity.HIGH,
        framework=cis_docker("5.16", "Ensure that the host's process namespace is not shared"),  # 5.17 and 5.31 too
        url="https://docs.docker.com/engine/containers/run/#pid-settings---pid",
        mend='Leave out `pid_mode`, `ipc_mode`, `userns_mode` and `cgroupns_mode`, or set them to "private".',
        check=_namespaces,
    ),
    _containers(
        id="container-memory-limited",
        sentence="Every container has a limit of memory, so that none of them takes what the others need.",
        severity=Severity.MEDIUM,
        framework=cis_docker("5.11", "Ensure that the memory usage for containers is limited"),
        url="https://docs.docker.com/engine/containers/resource_constraints/#limit-a-containers-access-to-memory",
        mend="Set `memory` in MB (a service: `task_spec.resources.limits.memory_bytes`) to more than 0.",
        check=_memory,
    ),
    _containers(
        id="container-cpu-limited",
        sentence="Every container has a limit of processor time, so that none of them takes what the others need.",
        severity=Severity.MEDIUM,
        framework=cis_docker("5.12", "Ensure that CPU priority is set appropriately on containers"),
        url="https://docs.docker.com/engine/containers/resource_constraints/#cpu",
        mend='Set `cpus`, such as "0.5" (a service: `task_spec.resources.limits.nano_cpus`), to more than 0.',
        check=_cpu,
    ),
    _containers(
        id="root-user-not-asked-for",
        sentence="No container is told to run as root.",
        severity=Severity.HIGH,
        framework=cis_docker("4.1", "Ensure that a user for the container has been created"),
        url="https://docs.docker.com/build/building/best-practices/#user",
        mend=(
            "Set `user` to a number that the image has and that is not 0, such as 1000; leave it out only where the "
            "image drops root itself."
        ),
        check=_user,
    ),
    _containers(
        id="published-container-read-only",
        sentence="What answers the outside on the ports of the web has a root filesystem that nobody can change.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cis_docker("5.13", "Ensure that the container's root filesystem is mounted as read only"),
        url=f"{_RUN}#read-only",
        mend="Set `read_only` to True, and give what it writes a `tmpfs` or a volume.",
        limits={"ports": Limit((80, 443), "Ports of the host behind which the filesystem has to be read-only.")},
        check=_read_only,
    ),
    _containers(
        id="container-health-checked",
        sentence="Every container has a check by which Docker sees that it works.",
        severity=Severity.MEDIUM,
        framework=cis_docker("5.27", "Ensure that container health is checked at runtime"),
        url="https://docs.docker.com/reference/dockerfile/#healthcheck",
        mend=(
            'Set `healthcheck.tests` to ["CMD", …] or ["CMD-SHELL", …], in capitals, with a command that fails when '
            "the program does not answer."
        ),
        check=_health,
    ),
    ResourceRule(
        id="images-pinned",
        sentence="Every image is named so that the same name always means the same bytes.",
        severity=Severity.HIGH,
        framework=nist_800_53(
            "SI-7", "Employ integrity verification tools to detect unauthorized changes to software and firmware"
        ),
        url="https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier",
        mend="Write the image as `name:tag@sha256:…` with all 64 digits of the digest that the registry tells.",
        limits={"digest": Limit(True, "Whether a digest is demanded; else a tag other than latest is enough.")},
        judges=of_type(CONTAINER, SERVICE, _IMAGE),
        check=_pinned,
    ),
    _containers(
        # CIS wants on-failure:5, after which a container stays down; what has to be up at all times wants always.
        id="container-restarted",
        sentence="A container that ends is started again.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=cis_docker("5.15", "Ensure that the 'on-failure' container restart policy is set to '5'"),
        url="https://docs.docker.com/engine/containers/start-containers-automatically/",
        mend=(
            'Set `restart` to "always", "unless-stopped" or "on-failure" (a service: '
            '`task_spec.restart_policy.condition` to "any").'
        ),
        check=_restart,
    ),
    _services(
        id="service-updates-reversible",
        sentence="An update of a service starts the new task before it stops the old one, and goes back when it fails.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("CP-10", "Provide for the recovery and reconstitution of the system to a known state"),
        url="https://docs.docker.com/engine/swarm/services/#configure-a-services-update-behavior",
        mend=(
            'Set `update_config` to order="start-first", failure_action="rollback", parallelism=1 and '
            'max_failure_ratio="0".'
        ),
        check=_updates,
    ),
    _services(
        id="service-replicas-enough",
        sentence="Services that must not fail with one container have several.",
        severity=Severity.MEDIUM,
        framework=nist_800_53(
            "SC-5(2)",
            "Manage capacity, bandwidth, or other redundancy to limit the effects of denial-of-service attacks",
        ),
        url="https://docs.docker.com/engine/swarm/how-swarm-mode-works/services/#replicated-and-global-services",
        mend="Set `mode` to replicated with at least as many `replicas`.",
        limits={
            "services": Limit(("backend",), "Names or network aliases of the services."),
            "replicas": Limit(2, "The least number of replicas."),
        },
        check=_replicas,
    ),
]
