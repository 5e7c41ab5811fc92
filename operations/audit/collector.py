"""Runs on the host as root, by itself: reads facts without changing anything, and prints them as one JSON document.

A fact that cannot be read is {"unread": why}, so that it is not mistaken for a good state. Passwords and hashes stay on
the host, except those in the environments and configurations that Docker and nginx show.
"""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SECONDS = 20
# A container may be removed between listing and inspecting.
_TRIES = 3


class UnreadError(Exception):
    """Says why a fact could not be read, without any output, which may be secret."""


def ask(*argv: str) -> str:
    """Return the output of a command; raises UnreadError when it is not installed or fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise UnreadError(f"there is no {argv[0]}") from None
    except subprocess.TimeoutExpired:
        raise UnreadError(f"{argv[0]} did not end within {_SECONDS} s") from None
    if done.returncode:
        command = " ".join(argv[: 2 if argv[0] == "docker" else 1])
        raise UnreadError(f"{command} exited with {done.returncode}")
    return done.stdout.decode(errors="replace")


def fact(read: Callable[..., Any], *arguments: Any) -> Any:
    """Return a fact, or why it could not be read."""
    try:
        return read(*arguments)
    except UnreadError as error:
        return {"unread": str(error)}
    except Exception as error:  # any error: its text may hold a secret
        return {"unread": type(error).__name__}


def inspected(kind: str, *options: str) -> list[dict[str, Any]]:
    """Return `docker inspect` of all containers, services, networks or volumes."""
    for attempt in range(_TRIES):
        names = ask("docker", kind, "ls", "--quiet", *options).split()
        try:
            return list(json.loads(ask("docker", kind, "inspect", *names))) if names else []
        except UnreadError:
            if attempt == _TRIES - 1:
                raise
    return []


def variables(image: str) -> list[str]:
    """Return the environment variables of an image."""
    return list(json.loads(ask("docker", "image", "inspect", "--format", "{{json .Config.Env}}", image)) or ())


def daemon() -> dict[str, Any]:
    """Return Docker's configuration: daemon.json, None where there is none, and dockerd's command line."""
    file = Path("/etc/docker/daemon.json")
    pids = [pid for pid, process in processes().items() if process["name"] == "dockerd"]
    started = [Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0") for pid in pids]
    return {"file": file.read_text() if file.exists() else None, "started": started}


def swarm() -> dict[str, Any]:
    """Return the node's state in Swarm, and its advertised address."""
    state, address = ask("docker", "info", "--format", "{{.Swarm.LocalNodeState}}\n{{.Swarm.NodeAddr}}").splitlines()
    return {"state": state, "address": address}


def sockets() -> list[dict[str, Any]]:
    """Return the host's listening sockets."""
    listening = []
    for line in ask("ss", "-H", "-lntup").splitlines():
        protocol, _, _, _, local, *rest = line.split()
        address, _, port = local.rpartition(":")
        owner = re.search(r'\(\("([^"]+)"', " ".join(rest))
        name = address.partition("%")[0].strip("[]")
        listening.append({"protocol": protocol, "address": name, "port": int(port), "process": owner and owner[1]})
    return listening


def sshd() -> dict[str, list[str]]:
    """Return the effective settings of sshd."""
    settings: dict[str, list[str]] = {}
    for line in ask("sshd", "-T").splitlines():
        name, _, value = line.partition(" ")
        settings.setdefault(name.lower(), []).append(value)
    return settings


def files(*roots: str) -> list[dict[str, Any]]:
    """Return the kind, mode and owner of everything in these folders."""
    entries = []
    for root in map(Path, roots):
        for path in [root, *sorted(root.rglob("*"))]:
            status = path.lstat()
            kind = "folder" if stat.S_ISDIR(status.st_mode) else "file" if stat.S_ISREG(status.st_mode) else "other"
            mode = stat.S_IMODE(status.st_mode)
            entries.append({"path": str(path), "kind": kind, "mode": mode, "uid": status.st_uid})
    return entries


def processes() -> dict[int, dict[str, Any]]:
    """Return every process of the host: its parent, its effective user, and whether it may gain privileges."""
    by_pid = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines = (folder / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        status = dict(line.split(":", 1) for line in lines)
        by_pid[int(folder.name)] = {
            "name": status["Name"].strip(),
            "parent": int(status["PPid"]),
            "uid": int(status["Uid"].split()[1]),
            "no_new_privileges": status["NoNewPrivs"].strip() == "1",
        }
    return by_pid


def family(first: int, by_pid: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a process and its descendants; health checks and `docker exec` do not descend from a container's first."""
    if first not in by_pid:
        raise UnreadError("its first process is not there")
    pids = [first]
    for pid in pids:  # which grows meanwhile
        pids += sorted(child for child, process in by_pid.items() if process["parent"] == pid)
    return [{"pid": pid, **by_pid[pid]} for pid in pids]


# The form of each role's password, not the password; and the rules of pg_hba.conf.
_SQL = """
SELECT json_build_object(
  'encryption', current_setting('password_encryption'),
  'roles', (SELECT json_agg(json_build_object('name', rolname, 'superuser', rolsuper, 'login', rolcanlogin,
    'first', oid = 10, 'kept', CASE WHEN rolpassword IS NULL THEN 'none'
      WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram' ELSE 'other' END) ORDER BY rolname)
    FROM pg_authid WHERE rolname !~ '^pg_'),
  'doors', (SELECT json_agg(json_build_object('line', line_number, 'type', type, 'address', address,
    'method', auth_method, 'broken', error IS NOT NULL)) FROM pg_hba_file_rules))
"""


def postgres(container: dict[str, Any]) -> dict[str, Any]:
    """Return the roles of a PostgreSQL, and how they authenticate."""
    inside = ("docker", "exec", "--user", "postgres", container["Id"])
    return dict(json.loads(ask(*inside, "psql", "-XAtq", "--dbname", "postgres", "--command", _SQL)))


def redis(container: dict[str, Any]) -> dict[str, Any]:
    """Return a Redis's answer to a client without a password, and its ACL file, if it has one."""
    inside = ("docker", "exec", container["Id"], "env", "-u", "REDISCLI_AUTH")
    words = ask(*inside, "redis-cli", "ping").split()
    answer = words[0] if words and words[0] in ("NOAUTH", "PONG", "DENIED") else "other"
    file = option(container, "--aclfile")
    if file is None:
        return {"answer": answer, "file": None, "users": None}
    text = Path(f"/proc/{container['State']['Pid']}/root{file}").read_text()
    return {"answer": answer, "file": file, "users": users(text)}


def users(text: str) -> str:
    """Return the users of an ACL file, their passwords and hashes cut to the first character."""
    lines = [line.split() for line in text.splitlines() if line.startswith("user ")]
    return "\n".join(" ".join(word[0] if word[0] in "#><!" else word for word in words) for words in lines)


def nginx(container: dict[str, Any]) -> str:
    """Return the configuration that an nginx would load now."""
    file = option(container, "-c")
    return ask("docker", "exec", container["Id"], "nginx", "-T", "-q", *(("-c", file) if file is not None else ()))


def option(container: dict[str, Any], name: str) -> str | None:
    """Return the value of an option in a container's command."""
    command = [*(container["Config"]["Entrypoint"] or ()), *(container["Config"]["Cmd"] or ())]
    return str(command[command.index(name) + 1]) if name in command else None


_SERVER = re.compile(r"(?:@|\b(?:host|server|addr)=)([\w.-]+)", re.IGNORECASE)


def opened(root: Path, servers: set[str]) -> dict[str, list[str]]:
    """Return which of these servers each secret of a task names in a URL or DSN, and nothing else of the secret."""
    files = [file for file in sorted((root / "run/secrets").glob("*")) if file.is_file()]
    texts = {file.name: file.read_text(errors="replace").lower() for file in files}
    return {name: sorted({*_SERVER.findall(text)} & servers) for name, text in texts.items()}


def names(container: dict[str, Any]) -> set[str]:
    """Return the names under which other containers reach this one."""
    networks = container["NetworkSettings"]["Networks"].values()
    aliases = [alias for network in networks for alias in network["Aliases"] or ()]
    return {name.lower() for name in (container["Name"].lstrip("/"), *aliases)}


# The name of a fact and the function that reads it, by the process that a container has to run.
SERVERS = {"postgres": ("postgres", postgres), "redis-server": ("redis", redis), "nginx": ("nginx", nginx)}


def collect(*folders: str) -> dict[str, Any]:
    """Return all facts; those from inside containers only of running ones."""
    facts: dict[str, Any] = {
        "containers": fact(inspected, "container", "--all", "--no-trunc"),
        "services": fact(inspected, "service"),
        "networks": fact(inspected, "network", "--no-trunc"),
        "volumes": fact(inspected, "volume"),
        "swarm": fact(swarm),
        "cgroup": fact(lambda: ask("docker", "info", "--format", "{{.CgroupVersion}}").strip()),
        "daemon": fact(daemon),
        "sockets": fact(sockets),
        "input": fact(lambda: ask("iptables", "-S", "INPUT").splitlines()),
        "sshd": fact(sshd),
        "files": fact(files, *folders),
        "images": {},
        "processes": {},
        "opens": {},
        **{name: {} for name, _ in SERVERS.values()},
    }
    by_pid = fact(processes)
    if not isinstance(facts["containers"], list):
        return facts
    servers = {name for container in facts["containers"] for name in names(container)}
    for image in {container["Image"] for container in facts["containers"]}:
        facts["images"][image] = fact(variables, image)
    for container in facts["containers"]:
        if not container["State"]["Running"]:
            continue
        id_, pid = container["Id"], container["State"]["Pid"]
        facts["opens"][id_] = fact(opened, Path(f"/proc/{pid}/root"), servers)
        facts["processes"][id_] = own = fact(family, pid, by_pid)
        for server, (name, read) in SERVERS.items():
            if isinstance(own, list) and any(process["name"] == server for process in own):
                facts[name][id_] = fact(read, container)
    return facts


if __name__ == "__main__":
    json.dump(collect(*sys.argv[1:]), sys.stdout)
