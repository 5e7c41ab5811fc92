"""The container that is the VPS: made once, started when it is down, removed with its disk."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import EndpointConfig

from sandbox.box import keys, ports, resolver
from sandbox.box.shell import name, ssh
from sandbox.clone import LABEL, Clone
from sandbox.errors import SandboxError

CONTEXT = Path(__file__).parent
"""What the box's image is built from; its argument BASE names a Debian 12."""

IDENTITY = f"{LABEL}.identity"
START_SECONDS = 120
POLL_SECONDS = 0.5
ANSWER_SECONDS = 10

# No policy restarts it, nor what lies outside: a sandbox whose clone is long deleted would come back with Docker.
# All that a host may do on itself, except what CI machines lack: Docker cannot give what it has not got, which is also
# why `--privileged` is no answer here.
HOST: dict[str, Any] = {
    "hostname": "vps",
    "cap_add": ["ALL"],
    "cap_drop": ["SYS_RESOURCE"],
    "security_opt": ["apparmor=unconfined", "seccomp=unconfined"],
}

# systemd wants these empty at every start; Docker would forbid to run programs from /tmp, which package scripts do.
TMPFS = {"/run": "mode=755", "/run/lock": "", "/tmp": "exec,mode=1777"}  # noqa: S108  the box's own


def ensure(client: docker.DockerClient, clone: Clone, image: str) -> None:
    """Start the box, made if it is missing, and wait until it answers; one of an older image is kept.

    Needs the clone's network and its certificate authority. Raises SandboxError when a port is taken, when the box
    publishes other ports than the clone now wants, or when it does not come up.
    """
    keys.ensure(clone)
    resolver.write(clone)
    box = _find(client, clone)
    new = box is None
    if box is None:
        ports.require_free(client, clone)
        # A new VPS has a new host key: the program sees by it that nothing is on this one yet.
        clone.ssh_host_key.unlink(missing_ok=True)
        keys.ensure(clone)
        box = _create(client, clone, image)
    elif box.status != "running":
        ports.require_free(client, clone)
    _start(client, clone, box)
    _wait(clone, box, new)


def remove(client: docker.DockerClient, clone: Clone) -> None:
    """Remove the box and its disk, as far as they exist."""
    with suppress(NotFound):
        client.containers.get(name(clone)).remove(force=True, v=True)
    with suppress(NotFound):
        client.volumes.get(_disk(clone)).remove(force=True)


def isolation(cgroup_version: str) -> dict[str, Any]:
    """Return how the container's control groups are set up, so that systemd and a nested Docker can work in them."""
    if cgroup_version == "2":
        return {"cgroupns": "private"}
    return {"cgroupns": "host", "volumes": {"/sys/fs/cgroup": {"bind": "/sys/fs/cgroup", "mode": "rw"}}}


def _disk(clone: Clone) -> str:
    """Return the name of the volume under the nested Docker, which cannot keep its layers on the container's own."""
    return f"{name(clone)}-docker"


def _find(client: docker.DockerClient, clone: Clone) -> Container | None:
    """Return the box that belongs to the clone's keys; one that was never started or has other keys is removed."""
    try:
        box = client.containers.get(name(clone))
    except NotFound:
        return None
    if box.status == "created" or box.labels.get(IDENTITY) != _identity(clone):
        remove(client, clone)
        return None
    published = {int(binding[0]["HostPort"]) for binding in box.attrs["HostConfig"]["PortBindings"].values()}
    if published != set(ports.wanted(clone).values()):
        raise SandboxError(
            f"the box publishes the ports {sorted(published)}, but SANDBOX_PORT_BASE now asks for {clone.port_base}",
            "set SANDBOX_PORT_BASE as it was, or run `make down` first",
        )
    return box


def _identity(clone: Clone) -> str:
    """Return a hash of the box's keys and certificate authority; with others it is made anew."""
    parts = [keys.public(clone.ssh_key), keys.public(clone.ssh_host_key), clone.ca.read_text()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _create(client: docker.DockerClient, clone: Clone, image: str) -> Container:
    """Make the container and put its keys in, with an empty disk; a box that is new must not find an old one's."""
    remove(client, clone)
    client.volumes.create(_disk(clone), labels=clone.labels)
    groups = isolation(str(client.info().get("CgroupVersion", "1")))
    volumes = {
        _disk(clone): {"bind": "/var/lib/docker", "mode": "rw"},
        str(resolver.path(clone)): {"bind": "/etc/resolv.conf", "mode": "ro"},
        **groups.pop("volumes", {}),
    }
    box = client.containers.create(
        image,
        name=name(clone),
        labels={**clone.labels, IDENTITY: _identity(clone)},
        network=clone.name,
        networking_config={clone.name: EndpointConfig(client.api.api_version, ipv4_address=clone.box)},
        ports={f"{port}/tcp": ("127.0.0.1", published) for port, published in ports.wanted(clone).items()},
        volumes=volumes,
        tmpfs=TMPFS,
        **HOST,
        **groups,
    )
    box.put_archive("/", _files(clone))
    return box


def _files(clone: Clone) -> bytes:
    """Return a tar archive of what a hoster installs: the owner's key, the host's own, and the trusted authority."""
    files = {
        "root/.ssh/authorized_keys": (keys.public(clone.ssh_key) + "\n", 0o600),
        "etc/ssh/ssh_host_ed25519_key": (clone.ssh_host_key.read_text(), 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": (keys.public(clone.ssh_host_key) + "\n", 0o644),
        "usr/local/share/ca-certificates/sandbox.crt": (clone.ca.read_text(), 0o644),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        directory = tarfile.TarInfo("root/.ssh")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o700
        archive.addfile(directory)
        for path, (text, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = mode, len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def _start(client: docker.DockerClient, clone: Clone, box: Container) -> None:
    """Start the box if it is down."""
    try:
        box.start()
    except APIError as error:
        ports.require_free(client, clone)
        problem = f"the box did not start: {error.explanation}"
        raise SandboxError(problem, "`docker info` shows what this Docker can do") from error


def _wait(clone: Clone, box: Container, new: bool) -> None:
    """Wait until SSH answers with the box's own key, systemd has started everything, and the nested Docker works.

    A box that is older than this run may have failed units: what runs on it is the platform's to mend.
    """
    accepted = {"running"} if new else {"running", "degraded"}
    deadline = time.monotonic() + START_SECONDS
    while True:
        state, engine = _ask(clone, "systemctl is-system-running"), _ask(clone, "docker info --format ready")
        if state in accepted and engine == "ready":
            return
        if time.monotonic() > deadline:
            raise SandboxError(
                f"the box is not ready after {START_SECONDS} s: system {state}, Docker {engine}",
                "read the log; `make down` and `make up` make a new box",
                _keep_log(clone, box),
            )
        time.sleep(POLL_SECONDS)


def _ask(clone: Clone, command: str) -> str:
    """Run a command on the box and return the last line that it, or ssh, has to say."""
    try:
        answer = subprocess.run(
            [*ssh(clone), command], capture_output=True, text=True, timeout=ANSWER_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"silent for {ANSWER_SECONDS} s"
    return (answer.stdout.strip() or answer.stderr.strip() or "silent").splitlines()[-1]


def _keep_log(clone: Clone, box: Container) -> Path:
    """Write down what the box says about itself, and return where."""
    log = clone.logs / "box.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        for command in (["systemctl", "list-units", "--failed"], ["systemctl", "list-jobs"], ["journalctl"]):
            output = box.exec_run(command).output
            out.write(output if isinstance(output, bytes) else b"".join(output))
    return log
