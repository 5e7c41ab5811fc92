"""The SSH session of an audit; the host has to have the key that the stack configures."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from operations.audit.translation import Declared
from operations.errors import OperationError
from operations.runner import pulumi, run
from settings import PROJECT, HostSettings

_COLLECTOR = Path(__file__).with_name("collector.py")
FOLDERS = ("/opt/neurmatic/secrets", "/opt/neurmatic/infrastructure/nginx/ssl")
"""Where the platform keeps secrets on the host (components/host.py)."""
# A healthy host takes two.
_SECONDS = 120
_DOCKER_FACTS = ("containers", "services", "networks", "volumes")


def of_stack(stack: str) -> HostSettings:
    """Return the host settings of a stack; raises OperationError when they are missing or wrong."""
    section = json.loads(pulumi(["config", "--json", "--stack", stack])).get(f"{PROJECT}:host", {})
    try:
        return HostSettings.model_validate(section.get("objectValue") or {})
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join([f"{PROJECT}:host", *map(str, first["loc"])])
        mend = "`pulumi preview` tells every mistake of the configuration with its mend"
        raise OperationError(f"{path}: {first['msg']}", mend) from error


def declared(stack: str) -> dict[str, Declared]:
    """Return the name and URN of each Docker resource in the stack's state, by its Docker id."""
    exported = json.loads(pulumi(["stack", "export", "--stack", stack]))
    resources = (exported.get("deployment") or {}).get("resources") or ()
    return {
        resource["id"]: Declared(resource["urn"].rpartition("::")[2], resource["urn"])
        for resource in resources
        if resource["type"].startswith("docker:") and resource.get("id")
    }


def ssh(host: HostSettings, command: str) -> list[str]:
    """Return the command line that runs a command on the host, without the user's own ssh configuration."""
    options = {
        "UserKnownHostsFile": f'"{host.ssh_known_hosts_file.absolute()}"',
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "LogLevel": "ERROR",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    key = ["-i", str(host.ssh_private_key_file.absolute())]
    return ["ssh", "-F", "none", *flags, *key, "-p", str(host.ssh_port), "-l", host.ssh_user, host.address, command]


def facts(host: HostSettings) -> Mapping[str, Any]:
    """Return the facts that the collector prints on the host; raises OperationError when it cannot run.

    Its standard error is discarded, because it may hold secrets.
    """
    if shutil.which("ssh") is None:
        raise OperationError("there is no ssh on PATH", "install OpenSSH's client: apt install openssh-client")
    command = f"timeout {_SECONDS} python3 -I - {shlex.join(FOLDERS)} 2>/dev/null"
    done = run(ssh(host, command), stdin=_COLLECTOR.read_text())
    where = f"{host.ssh_user}@{host.address}:{host.ssh_port}"
    if done.returncode == 255:  # ssh's own exit code
        problem = " ".join(done.stderr.split()) or "the connection was lost"
        mend = f"see that the host is up and has the key in {host.ssh_known_hosts_file}, then run it again"
        raise OperationError(f"{where} cannot be reached: {problem}", mend)
    if done.returncode:
        mend = f"see that python3 answers on the host within {_SECONDS} s: apt install python3"
        raise OperationError(f"the host at {where} does not tell its state: exit {done.returncode}", mend)
    return document(done.stdout)


def document(text: str) -> Mapping[str, Any]:
    """Parse the collector's output; raises OperationError when it is incomplete or lacks Docker's facts."""
    try:
        facts = dict(json.loads(text))
    except (ValueError, TypeError):
        problem = "what the host tells is cut off, or no JSON object"
        raise OperationError(problem, "run the same command again") from None
    for name in _DOCKER_FACTS:
        if not isinstance(facts.get(name), list):
            why = (facts.get(name) or {}).get("unread", "it is missing")
            mend = "see that Docker works in Swarm mode on the host: systemctl status docker; docker node ls"
            raise OperationError(f"the host does not tell its {name}: {why}", mend)
    return facts
