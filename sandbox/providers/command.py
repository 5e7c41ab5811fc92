"""Stand-in for pulumi-command, `python -m sandbox.providers.command <engine address>`: commands and copies over SSH."""

from __future__ import annotations

import binascii
import io
import json
import os
import secrets
import socket
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.pkey import PKey
from paramiko.ssh_exception import NoValidConnectionsError

from sandbox.providers.schema import Failure
from sandbox.providers.standin import ProviderError, Resource, StandIn, serve
from sandbox.providers.wire import UNKNOWN, Plain

_UNSUPPORTED = ("agentSocketPath", "proxy")
_FIRST_DELAY, _DELAY_GROWTH, _LONGEST_DELAY = 0.1, 1.5, 5.0
_POLL_SECONDS = 0.02
_PUBLIC = frozenset({"connection.host", "connection.hostKey", "connection.user"})


class Session(Resource[None]):
    """What commands and copies have in common: the connection, which is always secret."""

    secret_outputs = frozenset({"connection"})
    public = _PUBLIC
    bridged = False
    defaults: ClassVar = {
        "connection.dialErrorLimit": 10,
        "connection.perDialTimeout": 15,
        "connection.port": 22,
        "connection.user": "root",
    }

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse ways to connect that the stand-in does not have."""
        for name in _UNSUPPORTED:
            if isinstance(inputs["connection"], dict) and name in inputs["connection"]:
                yield f"connection.{name}", f"the sandbox's command stand-in does not support {name} yet"

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Believe the last state: the real plugin does not look at the host either."""
        del resource_id
        return inputs, outputs

    @contextmanager
    def _connected(self, connection: Plain) -> Iterator[paramiko.SSHClient]:
        """Connect for one operation; a new login each time, and retries whatever the reason, as by the real plugin."""
        _require_agent()
        retries, delay = 0, _FIRST_DELAY
        while True:
            try:
                client = _dial(connection)
                break
            except (OSError, EOFError, paramiko.SSHException) as error:
                if 0 <= connection["dialErrorLimit"] <= retries or self.cancelled.wait(delay):
                    raise ProviderError(f"after {retries} failed attempts: {_reason(error, connection)}") from error
                retries += 1
                delay = min(delay * _DELAY_GROWTH, _LONGEST_DELAY)
        with client:
            yield client


class Command(Session):
    """A command run on a host when it is created, changed and deleted."""

    handles = "command:remote:Command"
    arguments = "pulumi_command.remote.command:CommandArgs"
    defaults: ClassVar = {**Session.defaults, "addPreviousOutputInEnv": True}
    outputs = frozenset({"stderr", "stdout"})
    volatile_outputs = outputs

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Run `create`."""
        return secrets.token_hex(8), self._run(inputs, inputs.get("create"), {})

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Run `update`, or `create` if there is none."""
        del resource_id, old_inputs
        return self._run(inputs, inputs.get("update", inputs.get("create")), outputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Run `delete`, with the connection and the command of the last state."""
        del resource_id
        self._run(inputs, inputs.get("delete"), outputs)

    def _run(self, inputs: Plain, command: str | None, before: Plain) -> Plain:
        if command is None:
            return {"stdout": before.get("stdout", ""), "stderr": before.get("stderr", "")}
        with self._connected(inputs["connection"]) as client:
            channel = _transport(client).open_session()
            for name, value in inputs.get("environment", {}).items():
                _set_environment(channel, name, value)
            if inputs["addPreviousOutputInEnv"]:
                for name in ("stdout", "stderr"):
                    if before.get(name):
                        channel.set_environment_variable(f"PULUMI_COMMAND_{name.upper()}", before[name])
            channel.exec_command(command)
            streams = inputs.get("logging", "stdoutAndStderr").lower()
            output = _Output(self, {name for name in ("stdout", "stderr") if name in streams})
            _converse(channel, inputs.get("stdin", ""), output, self.cancelled)
            status = channel.recv_exit_status()
        if status != 0:
            how = "was interrupted" if self.cancelled.is_set() else f"exited with status {status}"
            raise ProviderError(f"Process {how}: running {json.dumps(command)}:\n{output.text()}")
        return {name: output.text(name).removesuffix("\n") for name in ("stdout", "stderr")}


class CopyToRemote(Session):
    """A file or folder copied to a host; deleting the resource leaves the copy."""

    handles = "command:remote:CopyToRemote"
    arguments = "pulumi_command.remote.copy_to_remote:CopyToRemoteArgs"

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse sources that are neither a path nor a text."""
        yield from super().check(inputs)
        source = inputs["source"]
        if source is not UNKNOWN and not source.keys() & {"path", "text"}:
            yield "source", "expected a FileAsset, a StringAsset or a FileArchive"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Copy."""
        self._copy(inputs)
        return secrets.token_hex(8), {}

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Copy again if the content or the place is another."""
        del resource_id, outputs
        before, now = old_inputs["source"].get("hash"), inputs["source"].get("hash")
        if before != now or old_inputs["remotePath"] != inputs["remotePath"]:
            self._copy(inputs)
        return {}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Leave the copy where it is."""

    def _copy(self, inputs: Plain) -> None:
        source, target = inputs["source"], inputs["remotePath"]
        with self._connected(inputs["connection"]) as client, client.open_sftp() as sftp:
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


class _Output:
    """What a command printed, in the order in which it came; shown as it comes."""

    def __init__(self, session: Session, shown: set[str]) -> None:
        self._session = session
        self._shown = shown
        self._parts: list[tuple[str, bytes]] = []

    def add(self, stream: str, data: bytes) -> None:
        self._parts.append((stream, data))
        text = data.decode(errors="replace").rstrip("\n")
        if stream in self._shown and text:
            self._session.log(text)

    def text(self, stream: str = "") -> str:
        """Return all, or what came on one stream."""
        return b"".join(data for name, data in self._parts if stream in ("", name)).decode(errors="replace")


def _dial(connection: Plain) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_HostKey(connection.get("hostKey")))
    key, password = connection.get("privateKey"), connection.get("password")
    try:
        client.connect(
            connection["host"],
            port=int(connection["port"]),
            username=connection["user"],
            pkey=_private_key(key, connection.get("privateKeyPassword")) if key else None,
            password=password,
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
        if self._expected is not None and f"{key.get_name()} {key.get_base64()}" != " ".join(
            self._expected.split()[:2]
        ):
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


def _transport(client: paramiko.SSHClient) -> paramiko.Transport:
    transport = client.get_transport()
    if transport is None:
        raise paramiko.SSHException("the connection is closed")
    return transport


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


def _converse(channel: paramiko.Channel, stdin: str, output: _Output, cancelled: threading.Event) -> None:
    """Feed a command and collect what it prints until nobody holds its output any more."""
    left, open_ = stdin.encode(), True
    while not cancelled.is_set():
        idle = True
        if channel.recv_ready():
            output.add("stdout", channel.recv(65536))
            idle = False
        if channel.recv_stderr_ready():
            output.add("stderr", channel.recv_stderr(65536))
            idle = False
        if left and channel.send_ready() and not channel.closed:
            with suppress(OSError, socket.timeout):  # a command may end without reading all
                left = left[channel.send(left[:32768]) :]
                idle = False
        elif not left and open_:
            channel.shutdown_write()
            open_ = False
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


def main() -> None:
    """Serve the plugin."""
    serve(StandIn("command", "pulumi_command.provider:ProviderArgs", lambda _: None, [Command, CopyToRemote]))


if __name__ == "__main__":
    main()
