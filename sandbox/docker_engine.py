"""Docker on this machine: found, started, or installed where that is allowed."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import docker
from docker.errors import DockerException

from sandbox import packages
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.steps import run, step

MEND = (
    "install Docker 20.10 or newer (https://docs.docker.com/engine/install/) and let this user reach it (group docker),"
    " or run as root on Debian or Ubuntu"
)
START_SECONDS = 60


def ensure_docker(clone: Clone) -> docker.DockerClient:
    """Return a client of a running Docker daemon, which is started or installed first where it must be.

    Docker itself stays after `make down`, like any other package: other clones may use it.
    Raises SandboxError when there is no Docker and no right to install it.
    """
    client = connect()
    if client is not None:
        return client
    packages.ensure(clone, "dockerd", "docker.io", "iptables", mend=MEND)
    log = clone.cache / "docker.log"  # it outlives the clone's own logs, as Docker does
    with step("start Docker", log):
        _start(log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            client = connect()
            if client is not None:
                return client
            time.sleep(0.5)
    raise SandboxError(f"Docker did not answer within {START_SECONDS} s", MEND, log)


def connect() -> docker.DockerClient | None:
    """Return a client of the Docker daemon, or None when none answers."""
    try:
        client = docker.from_env(timeout=600)
        client.ping()
    except DockerException:
        return None
    return client


def _start(log: Path) -> None:
    """Start the daemon by systemd where it runs, else as a process of its own that outlives `make up`."""
    if Path("/run/systemd/system").exists():
        run(
            ["systemctl", "start", "docker"],
            log=log,
            mend=f"{MEND}; `journalctl -u docker` tells why it does not start",
        )
        return
    if os.geteuid() != 0:
        raise SandboxError("Docker is installed but does not answer, and this user may not start it", MEND, log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        subprocess.Popen(
            ["dockerd"],
            env={**os.environ, "PATH": packages.ADMIN_PATH},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
