"""Runs on the host, as root and by itself: looks, changes nothing, and prints one JSON document of facts.

What cannot be read stands there as {"unread": why}, so that its absence is found and not taken for a good state. No
password or hash leaves the host by what this reads itself; environments and configurations do, as Docker and nginx show
them.
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
# Containers come and go between a list and a look at it.
_TRIES = 3


class UnreadError(Exception):
    """Says why a fact could not be read, without what was printed, which may be secret."""


def ask(*argv: str) -> str:
    """Return what a command prints; raises UnreadError when there is none, or when it fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise UnreadError(f"there is no {argv[0]}") from None
    except subprocess.TimeoutExpired:
        raise UnreadError(f"{argv[0]} did not end within {_SECONDS} s") from None
    if done.returncode:
        what = " ".join(argv[: 2 if argv[0] == "docker" else 1])
        raise UnreadError(f"{what} exited with {done.returncode}")
    return done.stdout.decode(errors="replace")


def fact(read: Callable[..., Any], *arguments: Any) -> Any:
    """Return a fact, or why it could not be read."""
    try:
        return read(*arguments)
    except UnreadError as error:
        return {"unread": str(error)}
    except Exception as error:  # whatever it is: its text may hold what was read
        return {"unread": type(error).__name__}


def inspected(kind: str, *listed: str) -> list[dict[str, Any]]:
    """Return all containers, services, networks or volumes as `docker inspect` shows them."""
    for attempt in range(_TRIES):
        names = ask("docker", kind, "ls", "--quiet", *listed).split()
        try:
            return list(json.loads(ask("docker", kind, "inspect", *names))) if names else []
        except UnreadError:
            if attempt == _TRIES - 1:
                raise
    return []


def variables(image: str) -> list[str]:
    """Return the environment that an image gives to its containers."""
    return list(json.loads(ask("docker", "image", "inspect", "--format", "{{json .Config.Env}}", image)) or ())


def daemon() -> dict[str, Any]:
    """Return what decides how Docker works: daemon.json, None where there is none, and dockerd's own arguments."""
    file = Path("/etc/docker/daemon.json")
    own = [pid for pid, process in processes().items() if process["name"] == "dockerd"]
    started = [Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0") for pid in own]
    return {"file": file.read_text() if file.exists() else None, "started": started}


def swarm() -> dict[str, Any]:
    """Return whether the node is in a Swarm, and which address it tells the others."""
    told = ask("docker", "info", "--format", "{{.Swarm.LocalNodeState}}\n{{.Swarm.NodeAddr}}")
    state, address = told.splitlines()
    return {"state": state, "address": address}


def sockets() -> list[dict[str, Any]]:
    """Return what listens on the host."""
    found = []
    for line in ask("ss", "-H", "-lntup").splitlines():
        protocol, _, _, _, local, *rest = line.split()
        address, _, port = local.rpartition(":")
        owner = re.search(r'\(\("([^"]+)"', " ".join(rest))
        name = address.partition("%")[0].strip("[]")
        found.append({"protocol": protocol, "address": name, "port": int(port), "process": owner and owner[1]})
    return found


def sshd() -> dict[str, list[str]]:
    """Return the settings that sshd really has."""
    settings: dict[str, list[str]] = {}
    for line in ask("sshd", "-T").splitlines():
        name, _, value = line.partition(" ")
        settings.setdefault(name.lower(), []).append(value)
    return settings


def files(*roots: str) -> list[dict[str, Any]]:
    """Return who owns what lies in these folders, and whom its mode lets in."""
    found = []
    for root in map(Path, roots):
        for path in [root, *sorted(root.rglob("*"))]:
            known = path.lstat()
            kind = "folder" if stat.S_ISDIR(known.st_mode) else "file" if stat.S_ISREG(known.st_mode) else "other"
            found.append({"path": str(path), "kind": kind, "mode": stat.S_IMODE(known.st_mode), "uid": known.st_uid})
    return found


def processes() -> dict[int, dict[str, Any]]:
    """Return every process of the host: its parent, its effective user, and whether it may gain privileges."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines = (folder / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        known = dict(line.split(":", 1) for line in lines)
        found[int(folder.name)] = {
            "name": known["Name"].strip(),
            "parent": int(known["PPid"]),
            "uid": int(known["Uid"].split()[1]),
            "no_new_privileges": known["NoNewPrivs"].strip() == "1",
        }
    return found


def family(first: int, known: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a container's own processes, the first one first; health checks and shells descend from outside."""
    if first not in known:
        raise UnreadError("its first process is not there")
    found, left = [], [first]
    while left:
        pid = left.pop(0)
        found.append({"pid": pid, **known[pid]})
        left += sorted(child for child, process in known.items() if process["parent"] == pid)
    return found


# Which form a role's password has, and not the password; who is let in without one.
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
    """Return who may come into a PostgreSQL, and how."""
    inside = ("docker", "exec", "--user", "postgres", container["Id"])
    return dict(json.loads(ask(*inside, "psql", "-XAtq", "--dbname", "postgres", "--command", _SQL)))


def redis(container: dict[str, Any]) -> dict[str, Any]:
    """Return what a Redis answers to who shows no password, and its file of users, if it has one."""
    inside = ("docker", "exec", container["Id"], "env", "-u", "REDISCLI_AUTH")
    words = ask(*inside, "redis-cli", "ping").split()
    answer = words[0] if words and words[0] in ("NOAUTH", "PONG", "DENIED") else "other"
    command = [*(container["Config"]["Entrypoint"] or ()), *(container["Config"]["Cmd"] or ())]
    if "--aclfile" not in command:
        return {"answer": answer, "file": None, "users": None}
    file = command[command.index("--aclfile") + 1]
    text = Path(f"/proc/{container['State']['Pid']}/root{file}").read_text()
    return {"answer": answer, "file": file, "users": users(text)}


def users(text: str) -> str:
    """Return the users of a Redis; of a password no more than that there is one."""
    lines = [line.split() for line in text.splitlines() if line.startswith("user ")]
    return "\n".join(" ".join(word[0] if word[0] in "#><!" else word for word in words) for words in lines)


def nginx(container: dict[str, Any]) -> str:
    """Return the whole configuration that an nginx would read now."""
    command = [*(container["Config"]["Entrypoint"] or ()), *(container["Config"]["Cmd"] or ())]
    chosen = ["-c", command[command.index("-c") + 1]] if "-c" in command else []
    return ask("docker", "exec", container["Id"], "nginx", "-T", "-q", *chosen)


_PLACE = re.compile(r"(?:@|\b(?:host|server|addr)=)([\w.-]+)", re.IGNORECASE)


def opened(root: Path, servers: set[str]) -> dict[str, list[str]]:
    """Return which of these servers each secret of a task names, as a URL or a DSN does, and nothing else of it."""
    files = [file for file in sorted((root / "run/secrets").glob("*")) if file.is_file()]
    texts = {file.name: file.read_text(errors="replace") for file in files}
    return {name: sorted({place.lower() for place in _PLACE.findall(text)} & servers) for name, text in texts.items()}


def names(container: dict[str, Any]) -> set[str]:
    """Return the names by which other containers reach this one."""
    networks = container["NetworkSettings"]["Networks"].values()
    aliases = [alias for network in networks for alias in network["Aliases"] or ()]
    return {name.lower() for name in (container["Name"].lstrip("/"), *aliases)}


# What is asked of a container, and under which name it is told, by the name of a process in it.
SERVERS = {"postgres": ("postgres", postgres), "redis-server": ("redis", redis), "nginx": ("nginx", nginx)}


def collect(*folders: str) -> dict[str, Any]:
    """Return all facts; the containers' own only of those that run."""
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
    known = fact(processes)
    if not isinstance(facts["containers"], list):
        return facts
    servers = {name for container in facts["containers"] for name in names(container)}
    for image in {container["Image"] for container in facts["containers"]}:
        facts["images"][image] = fact(variables, image)
    for container in facts["containers"]:
        if not container["State"]["Running"]:
            continue
        facts["opens"][container["Id"]] = fact(opened, Path(f"/proc/{container['State']['Pid']}/root"), servers)
        own = fact(family, container["State"]["Pid"], known)
        facts["processes"][container["Id"]] = own
        for server, (name, read) in SERVERS.items():
            if isinstance(own, list) and any(process["name"] == server for process in own):
                facts[name][container["Id"]] = fact(read, container)
    return facts


if __name__ == "__main__":
    json.dump(collect(*sys.argv[1:]), sys.stdout)
