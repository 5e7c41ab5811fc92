"""Cases of the rules for containers and services."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Change, Declaration, Program, put, without

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
VOLUME = "docker:index/volume:Volume"
IMAGE = "docker:index/remoteImage:RemoteImage"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def plain(**inputs: Any) -> Declared:
    return [of(CONTAINER, **inputs)]


def service(**spec: Any) -> Declared:
    return [of(SERVICE, taskSpec={"containerSpec": spec})]


def task(**spec: Any) -> Declared:
    return [of(SERVICE, taskSpec=spec)]


def limited(**limits: Any) -> Declared:
    return task(resources={"limits": limits})


def capable(*drops: str, adds: list[Any] | None = None) -> Declared:
    return plain(capabilities={"drops": list(drops), "adds": adds})


def secured(*options: Any) -> Declared:
    return plain(securityOpts=list(options))


def mounted(*sources: str) -> Declared:
    return plain(mounts=[{"type": "bind", "source": source, "target": "/x", "readOnly": True} for source in sources])


def mounting(source: str) -> Change:
    """Return the change that shows nginx one more path of the host."""

    def change(program: Program) -> None:
        mount = {"type": "bind", "source": source, "target": "/mnt", "readOnly": True}
        program["load-balancer-server"].inputs["mounts"].append(mount)

    return change


def bound(**options: str) -> Declared:
    return [of(VOLUME, driverOpts=options)]


def published(*ports: tuple[str | None, Any], **inputs: Any) -> Declared:
    return plain(ports=[{"ip": ip, "internal": 80, "external": external} for ip, external in ports], **inputs)


def checked(*tests: Any) -> Declared:
    return plain(healthcheck={"tests": list(tests)})


def updated(**config: Any) -> Declared:
    return [of(SERVICE, updateConfig={"order": "start-first", "failureAction": "rollback", **config})]


def named(type_: str, name: str, **inputs: Any) -> Declared:
    """Declare one whose input is called name, which `of` takes for itself."""
    return [Declaration(type_, "thing", {"name": name, **inputs})]


def replicated(replicas: Any, *aliases: str) -> Declared:
    mode = {"replicated": {"replicas": replicas}}
    return [of(SERVICE, mode=mode, taskSpec={"networksAdvanceds": [{"aliases": list(aliases)}]})]


ENGINE_DIRECTORIES = ("/run", "/run/docker", "/run/docker/containerd", "/run/containerd", "/run/podman", "/run/crio")
LINKS_INTO_USR = ("/bin", "/sbin", "/lib32", "/lib64", "/libx32")
ROOT_DROPPING = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE"]

CASES: dict[str, Cases] = {
    "containers-unprivileged": Cases(
        good={"left out": plain(), "false": plain(privileged=False)},
        bad={
            "wrong case": plain(privileged="True"),
            "true": plain(privileged=True),
            "the second of two": [of(CONTAINER), of(CONTAINER, name="second", privileged=True)],
        },
        cannot=frozenset({"missing", "empty", "ipv6", "mixed list"}),
        unknown={"privileged": plain(privileged=UNKNOWN)},
        canary=plain(privileged=CANARY),
        breaks=put("cache-server", "privileged", value=True),
    ),
    "container-capabilities-few": Cases(
        good={
            "all dropped": capable("ALL"),
            "without prefix, in small letters": capable("all", adds=["chown", "Setuid", "cap_net_bind_service"]),
            "all that root needs to be dropped": capable("ALL", adds=ROOT_DROPPING),
            "one dropped beside all": capable("NET_RAW", "ALL"),
            "service": service(capDrops=["ALL"], capAdds=ROOT_DROPPING),
        },
        bad={
            "missing": plain(),
            "empty": capable(),
            "mixed list": capable("ALL", adds=["CAP_CHOWN", "CAP_NET_RAW"]),
            "wrong case": capable("ALL", adds=["sys_admin"]),
            "all added again": capable("ALL", adds=["ALL"]),
            "some dropped": capable("NET_RAW", "MKNOD", adds=["CHOWN"]),
            "a name that drops nothing": capable("CAP_ALL"),
            "service that drops none": service(image="x"),
            "service that adds": service(capDrops=["ALL"], capAdds=["CAP_SETUID", "CAP_SYS_PTRACE"]),
            "container's input on a service": service(capabilities={"drops": ["ALL"]}),
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "capabilities": plain(capabilities=UNKNOWN),
            "one that is added": capable("ALL", adds=["CHOWN", UNKNOWN]),
            "drops of a service": service(capDrops=UNKNOWN),
        },
        canary=capable("ALL", adds=[CANARY]),
        breaks=put("cache-server", "capabilities", "adds", 0, value="CAP_SYS_ADMIN"),
    ),
    "container-no-new-privileges": Cases(
        good={
            "as the API writes it": secured("no-new-privileges:true"),
            "as the command line writes it": secured("apparmor=mine", "no-new-privileges=true"),
            "alone": secured("no-new-privileges"),
            **{
                f"in Go's words: {word}": secured(f"no-new-privileges={word}")
                for word in ("1", "t", "T", "True", "TRUE")
            },
        },
        bad={
            "missing": plain(),
            "empty": secured("no-new-privileges="),
            "mixed list": secured("no-new-privileges:true", "no-new-privileges:false"),
            "wrong case": secured("No-New-Privileges:true"),
            "false": secured("no-new-privileges=false"),
            "others only": secured("apparmor=mine"),
        },
        cannot=frozenset({"ipv6"}),
        unknown={"the list": plain(securityOpts=UNKNOWN), "one": secured("no-new-privileges:true", UNKNOWN)},
        canary=secured(f"no-new-privileges:{CANARY}"),
        breaks=put("cache-server", "securityOpts", value=[]),
    ),
    "containers-confined": Cases(
        good={
            "left out": plain(),
            "profiles of one's own": secured("apparmor=mine", 'seccomp={"defaultAction": "SCMP_ACT_ERRNO"}'),
            "Docker's own": secured("seccomp=builtin", "seccomp=", "no-new-privileges"),
            "what another rule refuses": secured("no-new-privileges=disable"),
            **{
                f"a profile that does {action}": secured(f'seccomp={{"defaultAction": "SCMP_ACT_{action}"}}')
                for action in ("KILL_PROCESS", "TRAP")
            },
            "service": service(privileges={"seLinuxContext": {"disable": False}}),
        },
        bad={
            "empty": secured("seccomp={}"),
            "mixed list": secured("no-new-privileges:true", "seccomp:unconfined"),
            "wrong case": secured("AppArmor=Unconfined"),
            "apparmor": secured("apparmor=unconfined"),
            "label": secured("label=disable"),
            "system paths": secured("systempaths=unconfined"),
            "a profile that allows": secured('seccomp={"defaultAction": "SCMP_ACT_ALLOW"}'),
            "a profile that logs": secured('seccomp={"defaultAction": "SCMP_ACT_LOG"}'),
            "a profile elsewhere": secured("seccomp=/etc/docker/open.json"),
            "service": service(privileges={"seLinuxContext": {"disable": True}}),
        },
        cannot=frozenset({"missing", "ipv6"}),
        unknown={"one": secured(UNKNOWN), "privileges": service(privileges=UNKNOWN)},
        canary=secured(f"seccomp={CANARY}"),
        breaks=put("cache-server", "securityOpts", value=["no-new-privileges:true", "seccomp=unconfined"]),
    ),
    "engine-socket-not-mounted": Cases(
        good={
            "nothing": plain(),
            "elsewhere": mounted("/opt/run/docker", "/srv/var/run", "/run/mine"),
            "what another rule refuses": mounted("/", "/etc"),
            "volume of a name that nobody knows": plain(mounts=[{"type": "volume", "source": UNKNOWN}]),
            "volume of NFS": bound(type="nfs", device=":/run", o="addr=10.0.0.1,rw"),
            "service": service(mounts=[{"type": "bind", "source": "/opt/x", "target": "/var/run/docker.sock"}]),
        },
        bad={
            "mixed list": mounted("/opt/x", "/var/run/docker.sock"),
            "wrong case": plain(mounts=[{"type": "Volume", "source": "/run/docker.sock"}]),
            "without a type": plain(mounts=[{"source": "/run/docker.sock"}]),
            **{f"directory {path}": mounted(path) for path in ENGINE_DIRECTORIES},
            **{
                f"elsewhere, {name}": mounted(f"/opt/{name}")
                for name in ("containerd.sock", "podman.sock", "crio.sock")
            },
            "directory by its old name": mounted("/var/run"),
            "with a slash at the end": mounted("/var/run/"),
            "by a detour": mounted("/opt/../var/./run//docker.sock"),
            "with two slashes at the front": mounted("//run/docker.sock"),
            "copied elsewhere": mounted("/opt/docker.sock"),
            "rootless": mounted("/run/user/1000"),
            "rootless, Podman's": mounted("/run/user/1000/podman"),
            "Windows": mounted("\\\\.\\pipe\\docker_engine"),
            "volumes": plain(volumes=[{"containerPath": "/x"}, {"hostPath": "/var/run/docker.sock"}]),
            "name of a volume": plain(volumes=[{"volumeName": "/run/docker.sock", "containerPath": "/x"}]),
            "service": service(mounts=[{"type": "bind", "source": "/run/docker.sock"}]),
            "volume that is bound": bound(type="none", o="bind", device="/var/run"),
            "volume of a mount": service(
                mounts=[{"type": "volume", "volumeOptions": {"driverOptions": {"o": "bind", "device": "/run"}}}]
            ),
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={
            "source": plain(mounts=[{"type": "bind", "source": UNKNOWN}]),
            "one of the mounts": service(mounts=[{"type": "volume"}, UNKNOWN]),
            "volumes": plain(volumes=[{"hostPath": UNKNOWN}]),
            "device": [of(VOLUME, driverOpts={"device": UNKNOWN})],
        },
        canary=mounted(f"/{CANARY}/docker.sock"),
        breaks=mounting("/var/run/docker.sock"),
    ),
    "sensitive-host-paths-not-mounted": Cases(
        good={
            "nothing": plain(),
            "of one's own": mounted("/opt/x", "/srv/etc", "/etcetera", "/home/x/usr", "/var/lib/dockerish"),
            "what another rule refuses": mounted("/var/run", "/etc/docker.sock"),
            "named volume": [of(VOLUME, driverOpts={}), *plain(volumes=[{"volumeName": "etc"}])],
            "volume of NFS": bound(type="nfs", device=":/etc", o="addr=10.0.0.1,rw"),
        },
        bad={
            "mixed list": mounted("/opt/x", "/etc/letsencrypt"),
            "wrong case": plain(mounts=[{"type": "VOLUME", "source": "/etc"}]),
            "the whole host": mounted("/"),
            "the whole host by a detour": mounted("/opt/.."),
            "with two slashes at the front": mounted("//etc"),
            "with a slash at the end": mounted("/boot/"),
            "above": mounted("/var/lib"),
            "Docker's own": mounted("/var/lib/docker/volumes"),
            "root's home": mounted("/root/.ssh"),
            "systemd's own": mounted("/run/systemd/private"),
            "cron's tables": mounted("/var/spool/cron"),
            "the host by its processes": mounted("/proc/1/root/opt"),
            **{f"a link into /usr: {path}": mounted(path) for path in LINKS_INTO_USR},
            "containerd's own": mounted("/var/lib/containerd"),
            "volumes": plain(volumes=[{"hostPath": "/opt"}, {"hostPath": "/dev", "readOnly": True}]),
            "name of a volume": plain(volumes=[{"volumeName": "/sys"}]),
            "service": service(mounts=[{"type": "bind", "source": "/usr/local"}]),
            "volume that is bound": bound(type="none", o="bind", device="/lib/modules"),
            "volume of layers": bound(type="overlay", device="overlay", o="lowerdir=/opt:/etc,workdir=/opt/w"),
            "disk of the host": bound(type="ext4", device="/dev/sda1"),
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={"source": plain(mounts=[{"type": "bind", "source": UNKNOWN}]), "o": bound(o=UNKNOWN)},
        canary=mounted(f"/etc/{CANARY}"),
        breaks=mounting("/etc/letsencrypt"),
    ),
    "host-devices-not-passed-in": Cases(
        good={"none": plain(devices=[], gpus=""), "left out": plain()},
        bad={
            "empty": plain(devices=[{}]),
            "device": plain(devices=[{"hostPath": "/dev/null", "permissions": "r"}]),
            "request": plain(deviceRequests=[{"driver": "cdi", "deviceIds": ["vendor.com/x=all"]}]),
            "rule of a cgroup": plain(deviceCgroupRules=["c *:* rwm"]),
            "graphics cards": plain(gpus="all"),
        },
        cannot=frozenset({"missing", "ipv6", "mixed list", "wrong case"}),
        unknown={"devices": plain(devices=UNKNOWN), "gpus": plain(gpus=UNKNOWN)},
        canary=plain(devices=[{"hostPath": CANARY}]),
        breaks=put("cache-server", "devices", value=[{"hostPath": "/dev/sda"}]),
    ),
    "host-namespaces-not-shared": Cases(
        good={
            "left out": plain(),
            "private": plain(pidMode="", ipcMode="private", cgroupnsMode="private"),
            "another container's": plain(pidMode="container:x", ipcMode="shareable"),
        },
        bad={
            "wrong case": plain(ipcMode="Host"),
            "processes": plain(pidMode="host"),
            "memory": plain(pidMode="container:x", ipcMode="host"),
            "users": plain(usernsMode="host"),
            "control groups": plain(cgroupnsMode="host"),
        },
        cannot=frozenset({"missing", "empty", "ipv6", "mixed list"}),
        unknown={"pidMode": plain(pidMode=UNKNOWN), "usernsMode": plain(usernsMode=UNKNOWN)},
        canary=plain(pidMode="host", usernsMode=CANARY),
        breaks=put("cache-server", "pidMode", value="host"),
    ),
    "container-memory-limited": Cases(
        good={
            "number": plain(memory=512),
            "of another form": plain(memory=512.0),
            "text": plain(memory="512"),
            "service": limited(memoryBytes=268435456),
        },
        bad={
            "missing": plain(memoryReservation=512, memorySwap=512),
            "empty": plain(memory=""),
            "zero": plain(memory=0),
            "less than zero": plain(memory=-1),
            "without end": plain(memory="inf"),
            "service": limited(nanoCpus=1),
            "service that only reserves": task(resources={"reservation": {"memoryBytes": 1}}),
            "service of nothing": [of(SERVICE)],
        },
        cannot=frozenset({"ipv6", "mixed list", "wrong case"}),
        unknown={"memory": plain(memory=UNKNOWN), "limits": task(resources={"limits": UNKNOWN})},
        canary=plain(memory=CANARY),
        breaks=without("cache-server", "memory"),
    ),
    "container-cpu-limited": Cases(
        good={
            "text": plain(cpus="0.5"),
            "number": plain(cpus=2),
            "quota": plain(cpuPeriod=100000, cpuQuota=50000),
            "service": limited(nanoCpus=500000000.0),
        },
        bad={
            "missing": plain(cpuShares=512, cpuSet="0-1"),
            "empty": plain(cpus=""),
            "zero": plain(cpus="0", cpuQuota=50000),
            "no quota": plain(cpuQuota=-1),
            "no number": plain(cpus="half"),
            "without end": plain(cpus="inf"),
            "service": limited(memoryBytes=1),
            "service of zero": limited(nanoCpus=0),
        },
        cannot=frozenset({"ipv6", "mixed list", "wrong case"}),
        unknown={
            "cpus": plain(cpus=UNKNOWN),
            "cpuQuota": plain(cpuQuota=UNKNOWN),
            "nanoCpus": limited(nanoCpus=UNKNOWN),
        },
        canary=plain(cpus=CANARY),
        breaks=put("application-frontend", "taskSpec", "resources", "limits", "nanoCpus", value=0),
    ),
    "root-user-not-asked-for": Cases(
        good={
            "left out": plain(),
            "number": plain(user="1000"),
            "name, and the group of root": plain(user="node:0"),
            "of another form": plain(user=1000.0),
            "service": service(user="1000:1000"),
        },
        bad={
            "empty": plain(user=""),
            "wrong case": plain(user="Root"),
            "group only": plain(user=":1000"),
            "zero": plain(user="0"),
            "zero as a number": plain(user=0.0),
            "zero with a group": plain(user="0:1000"),
            "zeros": plain(user="000"),
            "signed": plain(user="-0"),
            "name": service(user="root"),
            "name with a group": service(user="root:node"),
        },
        cannot=frozenset({"missing", "ipv6", "mixed list"}),
        unknown={"user": plain(user=UNKNOWN), "user of a service": service(user=UNKNOWN)},
        canary=plain(user=f"0:{CANARY}"),
        breaks=put("application-frontend", "taskSpec", "containerSpec", "user", value="root"),
    ),
    "published-container-read-only": Cases(
        good={
            "read-only": published(("0.0.0.0", 443), readOnly=True),  # noqa: S104  what a rule judges
            "on the loopback": published(("127.0.0.1", 80), ("::1", 443), ("[::1]", 443), ("::ffff:127.0.0.1", 80)),
            "other ports": published((None, 5432), (None, None)),
            "service": [
                of(
                    SERVICE,
                    endpointSpec={"ports": [{"publishedPort": 443, "publishMode": "host"}]},
                    taskSpec={"containerSpec": {"readOnly": True}},
                )
            ],
        },
        bad={
            "missing": published((None, 443)),
            "empty": published(("", 443)),
            "ipv6": published(("::", 443)),
            "mixed list": published(("127.0.0.1", 443), ("203.0.113.5", 80)),
            "wrong case": published((None, "443"), readOnly="True"),
            "of another form": published((None, 443.0), readOnly=False),
            "service": [of(SERVICE, endpointSpec={"ports": [{}, {"publishedPort": 80, "publishMode": "host"}]})],
        },
        unknown={
            "ports": plain(ports=UNKNOWN),
            "ip": published((UNKNOWN, 443), readOnly=True),
            "readOnly": published((None, 443), readOnly=UNKNOWN),
        },
        canary=published((CANARY, 443)),
        breaks=without("load-balancer-server", "readOnly"),
    ),
    "container-health-checked": Cases(
        good={
            "command": checked("CMD", "curl", "-f", "http://127.0.0.1/"),
            "shell": checked("CMD-SHELL", "true | nc -z localhost 80"),
            "service": service(healthcheck={"tests": ["CMD", "node", "/healthcheck.js"]}),
        },
        bad={
            "missing": plain(),
            "empty": checked(),
            "wrong case": checked("cmd", "curl", "http://127.0.0.1/"),
            "none": checked("NONE"),
            "no command": checked("CMD"),
            "an empty command": checked("CMD-SHELL", " "),
            **{f"says nothing: {word}": checked("CMD-SHELL", word) for word in (":", "exit", "exit 0", "true")},
            "a program that says nothing": checked("CMD", "/bin/true"),
            "no kind": checked("curl", "http://127.0.0.1/"),
            "service": service(image="x"),
            "service without": service(healthcheck={"tests": ["NONE"]}),
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={"tests": plain(healthcheck={"tests": UNKNOWN}), "healthcheck": service(healthcheck=UNKNOWN)},
        canary=checked(CANARY),
        breaks=put("cache-server", "healthcheck", "tests", value=["NONE"]),
    ),
    "images-pinned": Cases(
        good={
            "digest": plain(image=f"nginx@{DIGEST}"),
            "tag and digest": plain(image=f"registry.example:5000/a/nginx:1.30@{DIGEST}"),
            "id": plain(image=DIGEST),
            "service": service(image=f"nginx:1.30@{DIGEST}"),
            "image that is pulled": named(IMAGE, f"nginx@{DIGEST}"),
            "image that is built": named(IMAGE, "mine", build={"context": "."}),
        },
        bad={
            "missing": plain(),
            "empty": plain(image="nginx@sha256:"),
            "wrong case": plain(image=f"nginx@{DIGEST.upper()}"),
            "tag": plain(image="nginx:1.30"),
            "short": plain(image=f"nginx@{DIGEST[:-1]}"),
            "long": plain(image=f"nginx@{DIGEST}0"),
            "digest in the name": plain(image=f"{DIGEST}/nginx:latest"),
            "service": service(image="nginx:1.30"),
            "another resource's input": plain(image="nginx", build={}),
            "image that is pulled": named(IMAGE, "nginx:latest"),
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={"image": plain(image=UNKNOWN), "name": named(IMAGE, UNKNOWN)},
        canary=plain(image=f"{CANARY}:latest"),
        breaks=put("cache-server", "image", value="redis:8"),
    ),
    "container-restarted": Cases(
        good={
            "always": plain(restart="always"),
            "unless it was stopped": plain(restart="unless-stopped"),
            "as CIS wants it": plain(restart="on-failure", maxRetryCount=5),
            "service that says nothing": task(),
            "service": task(restartPolicy={"condition": "on-failure"}),
        },
        bad={
            "missing": plain(),
            "empty": plain(restart=""),
            "wrong case": plain(restart="Always"),
            "no": plain(restart="no"),
            "service": task(restartPolicy={"condition": "none"}),
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={"restart": plain(restart=UNKNOWN), "condition": task(restartPolicy={"condition": UNKNOWN})},
        canary=plain(restart=CANARY),
        breaks=without("cache-server", "restart"),
    ),
    "service-updates-reversible": Cases(
        good={
            "both": updated(),
            "one at a time": updated(parallelism=1.0, maxFailureRatio="0.2"),
        },
        bad={
            "missing": [of(SERVICE)],
            "empty": [of(SERVICE, updateConfig={})],
            "wrong case": updated(order="Start-First"),
            "stops first": updated(order="stop-first"),
            "pauses": updated(failureAction="pause"),
            "goes on": updated(failureAction="continue"),
            "all at once": updated(parallelism=0),
            "tolerates all": updated(maxFailureRatio="1.0"),
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={
            "updateConfig": [of(SERVICE, updateConfig=UNKNOWN)],
            "parallelism": updated(parallelism=UNKNOWN),
            "ratio": updated(maxFailureRatio=UNKNOWN),
        },
        canary=updated(order=CANARY),
        breaks=put("application-frontend", "updateConfig", "order", value="stop-first"),
    ),
    "service-replicas-enough": Cases(
        good={
            "two": replicated(2, "backend"),
            "of another form": replicated("3", "backend"),
            "another service": [*replicated(1, "frontend"), *named(SERVICE, "frontend")],
            "no names": [of(SERVICE)],
        },
        bad={
            "missing": named(SERVICE, "backend"),
            "empty": named(SERVICE, "backend", mode={"replicated": {}}),
            "mixed list": replicated(1, "api", "backend"),
            "wrong case": replicated(1, "Backend"),
            "by its name": named(SERVICE, "BackEnd", mode={"replicated": {"replicas": 1.0}}),
            "none": replicated(0, "backend"),
            "on each node": named(SERVICE, "backend", mode={"global": True}),
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "replicas": replicated(UNKNOWN, "backend"),
            "an alias": replicated(2, "x", UNKNOWN),
            "name": named(SERVICE, UNKNOWN),
        },
        canary=replicated(1, "backend", CANARY),
        breaks=put("application-backend", "mode", "replicated", "replicas", value=1),
    ),
}
