"""The owner's ways into a sandbox that is up: a shell on the VPS, the log of a part, the database, the page."""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
import shutil
import socket
import ssl
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.box import box
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.lifecycle import require_up
from sandbox.outside import services
from sandbox.steps import say
from sandbox.visitor import NAMES

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
_SECONDS = 10
# Two screens.
LINES = 100
# Two replicas, and the two before them: why a release died stands in theirs.
NEWEST = 4
# They alone can be told where a name is and which key to trust, without a change to the machine.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "microsoft-edge", "brave-browser")


def ssh(clone: Clone, command: str) -> None:
    """Become a shell on the VPS, or one command there."""
    _require_answer(clone, clone.ssh_port)
    _become(shell(clone, command))


def logs(clone: Clone, part: str, follow: bool) -> None:
    """Become the last lines of a part's log, and what follows if that is asked for."""
    argv = log(clone, part, follow)
    if part in services.names(clone):
        require_up(clone)
    else:
        _require_answer(clone, clone.ssh_port)
    _become(argv)


def psql(clone: Clone) -> None:
    """Become PostgreSQL's own client, as its superuser: for a person, or for what standard input says."""
    _require_answer(clone, clone.ssh_port)
    _become(database(clone, person=sys.stdin.isatty()))


def open_page(clone: Clone) -> None:
    """Open the page in a browser, or print what to type where there is one."""
    _require_answer(clone, clone.https_port)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    try:
        key = _key(clone)
    except OSError as error:
        raise SandboxError(f"the page does not answer: {error}", "run `make up`") from error
    if program and display and os.geteuid() != 0:  # they refuse to work for root
        argv = browser(clone, program, str(clone.state / "browser"), key)
        subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        return
    tunnel = f"ssh -N -L {clone.https_port}:127.0.0.1:{clone.https_port} {socket.gethostname()}"
    typed = shlex.join(browser(clone, "chromium", clone.name, key))
    say(f"no browser can be opened here; where there is one, type\n  {tunnel}\n  {typed}")


def shell(clone: Clone, command: str) -> list[str]:
    """Return the arguments of a shell on the VPS, or of one command there."""
    return [*box.ssh(clone), *(["--", command] if command else [])]


def log(clone: Clone, part: str, follow: bool) -> list[str]:
    """Return the arguments that print a part's log; raises SandboxError when there is no such part."""
    outside = services.names(clone)
    following = " --follow" if follow else ""
    docker_logs = f"docker logs --tail {LINES}{following}"
    if part in outside:
        return f"{docker_logs} {services.container_name(clone, part)}".split()
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
    return [*box.ssh(clone, *(["-t"] if follow else [])), "--", command]


def database(clone: Clone, person: bool) -> list[str]:
    """Return the arguments of `psql` in PostgreSQL's container: for a person, or for a script that ends at an error."""
    client = 'exec psql --dbname "$POSTGRES_DB"' + ("" if person else " --set ON_ERROR_STOP=1")
    tty = " --tty" if person else ""
    command = f"docker exec --interactive{tty} --user postgres postgres sh -c {shlex.quote(client)}"
    return [*box.ssh(clone, *(["-t"] if person else [])), "--", command]


def browser(clone: Clone, program: str, profile: str, key: str) -> list[str]:
    """Return the arguments with which a browser finds the names at this machine, and trusts this key there.

    It needs a profile of its own: where it runs already, it takes no such arguments.
    """
    return [
        program,
        f"--user-data-dir={profile}",
        f"--host-resolver-rules={','.join(f'MAP {name} 127.0.0.1' for name in NAMES)}",
        f"--ignore-certificate-errors-spki-list={key}",
        "--no-first-run",
        f"https://{NAMES[0]}:{clone.https_port}/",
    ]


def _key(clone: Clone) -> str:
    """Return the hash of the platform's public key, as browsers take it; its certificate is verified."""
    context = ssl.create_default_context(cafile=str(clone.platform_ca))
    with (
        socket.create_connection(("127.0.0.1", clone.https_port), _SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=NAMES[0]) as connection,
    ):
        certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def _become(argv: list[str]) -> None:
    os.execvp(argv[0], argv)  # noqa: S606  no shell is wanted


def _require_answer(clone: Clone, port: int) -> None:
    """Raise SandboxError unless the sandbox is up and this port of the VPS answers."""
    require_up(clone)
    try:
        socket.create_connection(("127.0.0.1", port), _SECONDS).close()
    except OSError as error:
        raise SandboxError(f"the VPS does not answer on port {port}: {error.strerror}", "run `make up`") from error
