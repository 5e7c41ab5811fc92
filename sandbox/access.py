"""The owner's ways into a sandbox that is up: addresses, variables, a shell, a part's log, the database, the page."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from typing import Any

from sandbox import plugins
from sandbox.box import shell
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.outside import table
from sandbox.workspace import FOREIGN, Workspace

# On the VPS, by the names that people give them; of a Swarm service the name's beginning, to which Pulumi adds its own.
SERVICES = {"backend": "application-backend", "frontend": "application-frontend"}
CONTAINERS = {
    "nginx": "nginx",
    "load-balancer": "nginx",
    "postgres": "postgres",
    "database": "postgres",
    "redis": "redis",
    "cache": "redis",
}
# On loopback; what has not answered by then hangs.
SECONDS = 10
# Two screens.
LINES = 100
# Two replicas, and the two before them: why a release died stands in theirs.
NEWEST = 4


def status(clone: Clone) -> None:
    """Print where the sandbox's parts are reached and which release runs, as one JSON object."""
    Workspace(clone).require_up()
    origin = {"https": f"127.0.0.1:{clone.https_port}", "http": f"127.0.0.1:{clone.http_port}"}
    parts: dict[str, Any] = {
        **origin,
        "origin": origin,
        "ca": str(clone.platform_ca),
        "ssh": shell.ssh(clone),
        "s3": f"https://{clone.s3}",
        "cloudflare": f"https://{clone.cloudflare}/client/v4",
        "dns": f"{clone.cloudflare}:53",
        "registry": f"127.0.0.1:{clone.registry_port}",
        "webhooks": f"https://{clone.webhooks}",
        "release": Workspace(clone).release(),
    }
    _print(json.dumps(parts, indent=2))


def env(clone: Clone) -> None:
    """Print the variables with which the ordinary `pulumi` commands work on the sandbox."""
    Workspace(clone).require_up()
    plugins.refuse_others(Workspace(clone))
    _print(f"unset {' '.join(FOREIGN)}")
    for name, value in Workspace(clone).environment().items():
        _print(f"export {name}={shlex.quote(value)}")


def ssh(clone: Clone, command: str) -> None:
    """Replace this process by a shell on the VPS, or by one command there."""
    require_answer(clone, clone.ssh_port)
    _become(on_the_vps(clone, command))


def logs(clone: Clone, part: str, follow: bool) -> None:
    """Replace this process by one that prints the last lines of a part's log, and what comes with `follow`."""
    argv = log(clone, part, follow)
    if part in table.names(clone):
        Workspace(clone).require_up()
    else:
        require_answer(clone, clone.ssh_port)
    _become(argv)


def psql(clone: Clone) -> None:
    """Replace this process by `psql` as the superuser: for a person, or for a script on standard input."""
    require_answer(clone, clone.ssh_port)
    _become(database(clone, person=sys.stdin.isatty()))


def require_answer(clone: Clone, port: int) -> None:
    """Raise SandboxError unless the sandbox is up and this port of the VPS answers."""
    Workspace(clone).require_up()
    try:
        socket.create_connection(("127.0.0.1", port), SECONDS).close()
    except OSError as error:
        raise SandboxError(f"the VPS does not answer on port {port}: {error.strerror}", "run `make up`") from error


def on_the_vps(clone: Clone, command: str) -> list[str]:
    """Return the arguments of a shell on the VPS, or of one command there."""
    return [*shell.ssh(clone), *(["--", command] if command else [])]


def log(clone: Clone, part: str, follow: bool) -> list[str]:
    """Return the arguments that print a part's log; raises SandboxError when there is no such part."""
    outside = table.names(clone)
    following = " --follow" if follow else ""
    docker_logs = f"docker logs --tail {LINES}{following}"
    if part in outside:
        return f"{docker_logs} {table.container_name(clone, part)}".split()
    if part in SERVICES:
        # Of each container: `docker service logs` of Docker 20.10 has been seen to wait for ever.
        newest = f"docker ps --all --filter name=^{SERVICES[part]} --format '{{{{.Names}}}}' | head -n {NEWEST} | tac"
        marked = f'{docker_logs} "$name" 2>&1 | sed -u "s/^/$name | /"'
        command = f"for name in $({newest}); do {marked} {'&' if follow else ';'} done; wait"
    elif part in CONTAINERS:
        command = f"{docker_logs} {CONTAINERS[part]}"
    elif part == "vps":
        command = f"journalctl --no-pager --lines {LINES}{following}"
    else:
        parts = "|".join((*SERVICES, *CONTAINERS, "vps", *outside))
        raise SandboxError(f"there is no part {part!r}" if part else "no part is named", f"make logs PART={parts}")
    # On a terminal of its own Ctrl-C reaches what follows the log.
    return [*shell.ssh(clone, *(["-t"] if follow else [])), "--", command]


def database(clone: Clone, person: bool) -> list[str]:
    """Return the arguments of `psql` in PostgreSQL's container: for a person, or for a script that ends at an error."""
    client = 'exec psql --dbname "$POSTGRES_DB"' + ("" if person else " --set ON_ERROR_STOP=1")
    tty = " --tty" if person else ""
    command = f"docker exec --interactive{tty} --user postgres postgres sh -c {shlex.quote(client)}"
    return [*shell.ssh(clone, *(["-t"] if person else [])), "--", command]


def _become(argv: list[str]) -> None:
    os.execvp(argv[0], argv)  # noqa: S606  no shell is wanted


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
