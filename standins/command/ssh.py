"""A connection over SSH for one operation, and what is done with it."""

from __future__ import annotations

import binascii
import io
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.pkey import PKey
from paramiko.ssh_exception import NoValidConnectionsError

from standins.provider.resource import ProviderError
from standins.provider.wire import Plain

_FIRST_DELAY, _DELAY_GROWTH, _LONGEST_DELAY = 0.1, 1.5, 5.0
_POLL_SECONDS = 0.02


@contextmanager
def connected(connection: Plain, cancelled: threading.Event) -> Iterator[paramiko.SSHClient]:
    """Connect for one operation; a new login each time, and retries whatever the reason, as by the real plugin."""
    _require_agent()
    retries, delay = 0, _FIRST_DELAY
    while True:
        try:
            client = _dial(connection)
            break
        except (OSError, EOFError, paramiko.SSHException) as error:
            if 0 <= connection["dialErrorLimit"] <= retries or cancelled.wait(delay):
                raise ProviderError(f"after {retries} failed attempts: {_reason(error, connection)}") from error
            retries += 1
            delay = min(delay * _DELAY_GROWTH, _LONGEST_DELAY)
    with client:
        yield client


def copy(client: paramiko.SSHClient, source: Plain, target: str) -> None:
    """Copy an asset to a path, or into it where that is a folder."""
    with client.open_sftp() as sftp:
        _make_folder(sftp, PurePosixPath(target).parent)
        if "text" in source:
            if _is_folder(sftp, target):
                raise ProviderError(f"remote path {target} is a directory; a text needs a file path")
            sftp.putfo(io.BytesIO(source["text"].encode()), target)
        elif Path(source["path"]).is_dir():
            _copy_folder(sftp, source["path"], target)
        else:
            inside = PurePosixPath(target, Path(source["path"]).name)
            sftp.put(source["path"], str(inside) if _is_folder(sftp, target) else target)


class Output:
    """What a command printed, in the order in which it came; shown as it comes."""

    def __init__(self, show: Callable[[str], None], shown: set[str]) -> None:
        self._show = show
        self._shown = shown
        self._parts: list[tuple[str, bytes]] = []

    def add(self, stream: str, data: bytes) -> None:
        """Take what came on a stream."""
        self._parts.append((stream, data))
        text = data.decode(errors="replace").rstrip("\n")
        if stream in self._shown and text:
            self._show(text)

    def text(self, stream: str = "") -> str:
        """Return all, or what came on one stream."""
        return b"".join(data for name, data in self._parts if stream in ("", name)).decode(errors="replace")


def _dial(connection: Plain) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_HostKey(connection.get("hostKey")))
    key = connection.get("privateKey")
    try:
        client.connect(
            connection["host"],
            port=int(connection["port"]),
            username=connection["user"],
            pkey=_private_key(key, connection.get("privateKeyPassword")) if key else None,
            password=connection.get("password"),
            timeout=connection["perDialTimeout"] or None,
            allow_agent=True,
            look_for_keys=False,
        )
    except BaseException:
        client.close()
        raise
    return client


class _HostKey(paramiko.MissingHostKeyPolicy):
    """Accepts the one key that is expected; any key when none is, which is what the real plugin does."""

    def __init__(self, expected: str | None) -> None:
        self._expected = expected

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: PKey) -> None:
        """Compare the key that the host showed."""
        del client, hostname
        if self._expected is not None and [key.get_name(), key.get_base64()] != self._expected.split()[:2]:
            raise paramiko.SSHException("ssh: host key mismatch")


def _require_agent() -> None:
    """Refuse an agent's socket that leads nowhere, as the real plugin does even where a key is given."""
    path = os.environ.get("SSH_AUTH_SOCK")
    if path:
        try:
            with socket.socket(socket.AF_UNIX) as agent:
                agent.connect(path)
        except OSError as error:
            raise ProviderError(f"dial unix {path}: connect: {_words(error)} (from SSH_AUTH_SOCK)") from error


def _reason(error: Exception, connection: Plain) -> str:
    if isinstance(error, NoValidConnectionsError):
        error = next(iter(error.errors.values()))
    if isinstance(error, OSError):
        return f"dial tcp {connection['host']}:{int(connection['port'])}: connect: {_words(error)}"
    return f"ssh: handshake failed: {error}"


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _private_key(text: str, password: str | None) -> PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError, binascii.Error):
            return kind.from_private_key(io.StringIO(text), password)
    raise ProviderError("ssh: the connection's privateKey is not one that can be read (with this privateKeyPassword)")


def session(client: paramiko.SSHClient, environment: Mapping[str, str]) -> paramiko.Channel:
    """Open a channel for one command that gets these variables; raises ProviderError when the host refuses one."""
    transport = client.get_transport()
    if transport is None:
        raise paramiko.SSHException("the connection is closed")
    channel = transport.open_session()
    for name, value in environment.items():
        _set_environment(channel, name, value)
    return channel


def _set_environment(channel: Any, name: str, value: str) -> None:
    """Set a variable and wait for the host's consent, which paramiko's own method does not."""
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("env")
    message.add_boolean(True)
    message.add_string(name)
    message.add_string(value)
    channel._event_pending()
    channel.transport._send_user_message(message)
    try:
        channel._wait_for_event()
    except paramiko.SSHException as error:
        raise ProviderError(f"ssh: setenv failed: sshd accepts no variable {name} (AcceptEnv)") from error


def converse(channel: paramiko.Channel, stdin: str, output: Output, cancelled: threading.Event) -> None:
    """Feed a command and collect what it prints until nobody holds its output any more."""
    unsent, is_open = stdin.encode(), True
    while not cancelled.is_set():
        idle = True
        if channel.recv_ready():
            output.add("stdout", channel.recv(65536))
            idle = False
        if channel.recv_stderr_ready():
            output.add("stderr", channel.recv_stderr(65536))
            idle = False
        if unsent and channel.send_ready() and not channel.closed:
            with suppress(OSError, socket.timeout):  # a command may end without reading all
                unsent = unsent[channel.send(unsent[:32768]) :]
                idle = False
        elif not unsent and is_open:
            channel.shutdown_write()
            is_open = False
        if idle and (channel.eof_received or channel.closed) and channel.exit_status_ready():
            return
        if idle:
            time.sleep(_POLL_SECONDS)
    channel.close()


def _is_folder(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        return stat.S_ISDIR(sftp.stat(path).st_mode or 0)
    except FileNotFoundError:
        return False


def _make_folder(sftp: paramiko.SFTPClient, path: PurePosixPath) -> None:
    """Make a folder and its parents, as far as they are missing."""
    for folder in (*reversed(path.parents), path):
        if not _is_folder(sftp, str(folder)):
            sftp.mkdir(str(folder))


def _copy_folder(sftp: paramiko.SFTPClient, source: str, target: str) -> None:
    """Copy a folder into the target, or its content when the source ends in a slash."""
    root = Path(source)
    place = PurePosixPath(target) if source.endswith("/") else PurePosixPath(target, root.name)
    _make_folder(sftp, place)
    for path in sorted(root.rglob("*")):
        copy = place / path.relative_to(root).as_posix()
        if path.is_dir():
            _make_folder(sftp, copy)
        else:
            sftp.put(str(path), str(copy))
