"""The connection to a Docker daemon: its socket, or ssh to its host as the docker command line does it."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from standins.provider.lazy import LazyModule
from standins.provider.resource import ProviderError
from standins.provider.wire import Plain

if TYPE_CHECKING:
    import docker
    from docker import auth
    from docker import errors as errors
else:
    docker, auth, errors = map(LazyModule, ("docker", "docker.auth", "docker.errors"))

_SETTINGS = frozenset({"host", "sshOpts", "registryAuth"})
_TIMEOUT = 300  # a stop with its grace period, or a pull between two of its lines
_RELEASE_SECONDS = 60  # tasks leave a network some seconds after their service was removed
_SESSIONS = 8  # below sshd's MaxSessions of 10, which holds for one connection


class Daemon:
    """A Docker API client, and the registries' accounts."""

    def __init__(self, settings: Plain) -> None:
        """Connect as the provider's settings say."""
        self._tunnel: Tunnel | None = None
        unknown = sorted(settings.keys() - _SETTINGS - {"version"})
        if unknown:
            raise ProviderError(f"the sandbox's docker stand-in does not support the setting {', '.join(unknown)} yet")
        self.accounts = accounts(settings)
        host = settings.get("host") or "unix:///var/run/docker.sock"
        if host.startswith("ssh://"):
            self._tunnel = Tunnel(host, settings.get("sshOpts", []))
        address = f"unix://{self._tunnel.socket}" if self._tunnel else host
        try:
            self.api: Any = docker.APIClient(address, version="auto", timeout=_TIMEOUT)
        except errors.DockerException as error:
            self.close()
            raise ProviderError(f"cannot reach the Docker daemon at {host}: {error}") from error
        # docker-py keeps an idle connection for every URL: they would take all sessions, and the next request wait
        self.api.headers["Connection"] = "close"
        # docker-py would read the user's own ~/.docker/config.json, which the real plugin does not
        vars(self.api)["_auth_configs"] = auth.AuthConfig({"auths": self.accounts})

    def close(self) -> None:
        """End the connection."""
        if self._tunnel is not None:
            self._tunnel.close()


class Tunnel:
    """A local socket; each connection to it is a `docker system dial-stdio` on the host, over one shared ssh."""

    def __init__(self, host: str, options: list[str]) -> None:
        """Open the shared connection; nothing of it outlives this process."""
        self._folder = Path(tempfile.mkdtemp(prefix="docker-"))
        self.socket = self._folder / "api"
        address = urlsplit(host)
        user = ["-l", address.username] if address.username else []
        port = ["-p", str(address.port)] if address.port else []
        self._ssh = ["ssh", *user, *port, *options, "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T"]
        self._ssh += ["-o", f"ControlPath={self._folder / 'ssh'}"]
        self._host = address.hostname or ""
        self._sessions = threading.BoundedSemaphore(_SESSIONS)
        self._master = self._connect()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket))
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Close the shared connection and all that runs over it."""
        with contextlib.suppress(AttributeError, OSError):
            self._listener.close()
        self._master.terminate()
        self._master.wait()
        for stream in (self._master.stdin, self._master.stdout, self._master.stderr):
            if stream is not None:
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self) -> subprocess.Popen[bytes]:
        # `cat` ends when this process does, however it does, and ssh with it
        command = [*self._ssh, "-o", "ControlMaster=yes", "-o", "ControlPersist=no", "--", self._host, "echo; exec cat"]
        master = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        if master.stdout is not None and master.stdout.readline():
            return master
        _, complaint = master.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)
        raise ProviderError(f"cannot reach the Docker host {self._host} by ssh: {complaint.decode().strip()}")

    def _serve(self) -> None:
        while True:
            self._sessions.acquire()
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def _pass(self, connection: socket.socket) -> None:
        command = [*self._ssh, "-o", "ControlMaster=no", "--", self._host, "docker system dial-stdio"]
        try:
            with connection:
                ends = connection.fileno()
                session = subprocess.Popen(command, stdin=ends, stdout=ends, stderr=subprocess.DEVNULL)
            session.wait()
        finally:
            self._sessions.release()


def explain(error: Exception) -> str:
    """Return an error's text, the daemon's own where there is one."""
    if isinstance(error, ProviderError):
        return str(error)
    return str(getattr(error, "explanation", None) or f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def unless_gone() -> Iterator[None]:
    """Ignore the error of removing what is gone or being removed: Docker does not always answer 404."""
    try:
        yield
    except errors.APIError as error:
        if not re.search(r"not found|no such|already in progress", str(error), re.IGNORECASE):
            raise


def remove_once_unused(remove: Callable[[], None], cancelled: threading.Event) -> None:
    """Remove an object, and try again while it is still in use: containers release it some time after their end."""
    deadline = time.monotonic() + _RELEASE_SECONDS
    while True:
        try:
            with unless_gone():
                remove()
            return
        except errors.APIError as error:
            held = re.search(r"in use|active endpoints", str(error))
            if not held or time.monotonic() > deadline or cancelled.wait(0.5):
                raise


def accounts(settings: Plain) -> dict[str, dict[str, str]]:
    """Return user names and passwords by registry, as docker-py and the registries' API want them."""
    by_registry = {}
    for account in settings.get("registryAuth", []):
        if account.keys() & {"configFile", "configFileContent"}:
            raise ProviderError("the sandbox's docker stand-in does not support registryAuth with a configFile yet")
        if not account.get("authDisabled"):
            address = account["address"]
            by_registry[address.partition("://")[2] or address] = {
                "username": account.get("username", ""),
                "password": account.get("password", ""),
                "serveraddress": address,
            }
    return by_registry
