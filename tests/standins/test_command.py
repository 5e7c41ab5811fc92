"""Commands over SSH, against a server of a few lines on loopback that runs them in a shell."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_OK

from standins.provider.wire import Path as Place
from standins.provider.wire import Plain
from tests.standins.driver import AbortedError, Engine
from tests.standins.driver import command as stand_in

CANARY = "canary-of-a-secret"
SECRETS: set[Place] = {("connection",), ("stdin",)}


class Files(paramiko.SFTPServerInterface):
    """Reads and writes the files of this machine."""

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(Path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        del attr
        try:
            Path(path).mkdir()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return int(SFTP_OK)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        del flags, attr
        handle = paramiko.SFTPHandle()
        try:
            vars(handle)["writefile"] = Path(path).open("wb")  # noqa: SIM115 - the handle closes it
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return handle


class Shell(paramiko.ServerInterface):
    """Lets everyone in, takes the variable GREETING, and runs commands."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        del username, key
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return OPEN_SUCCEEDED

    def check_channel_env_request(self, channel: Any, name: bytes, value: bytes) -> bool:
        del channel
        self.variables[name.decode()] = value.decode()
        return name == b"GREETING"

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: Any, command: str) -> None:
        stdin = channel.makefile("rb").read()
        environment = {**os.environ, **self.variables}
        done = subprocess.run(["sh", "-c", command], input=stdin, capture_output=True, env=environment, check=False)
        channel.sendall(done.stdout)
        channel.sendall_stderr(done.stderr)
        channel.send_exit_status(done.returncode)
        channel.close()


@pytest.fixture(scope="module")
def key() -> paramiko.ECDSAKey:
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def connection(key: paramiko.ECDSAKey) -> Iterator[Plain]:
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            transport.start_server(threading.Event(), Shell())

    threading.Thread(target=serve, daemon=True).start()
    private = io.StringIO()
    key.write_private_key(private)
    yield {
        "host": "127.0.0.1",
        "port": listener.getsockname()[1],
        "user": "root",
        "privateKey": private.getvalue(),
        "hostKey": f"{key.get_name()} {key.get_base64()} root@box",
        "dialErrorLimit": 0,
    }
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()


@pytest.fixture
def command() -> Engine:
    return Engine(stand_in(), "command:remote:Command")


def test_a_command_gets_its_input_and_its_output_is_kept_apart(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "cat; echo oops >&2", "stdin": "hello"})

    _, state = command.create(inputs)

    assert (state.values["stdout"], state.values["stderr"]) == ("hello", "oops")


def test_a_command_that_fails_shows_what_it_said_but_not_its_secret_input(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "cat; exit 3", "stdin": CANARY})

    with pytest.raises(AbortedError) as error:
        command.create(inputs, SECRETS)

    assert str(error.value) == 'Process exited with status 3: running "cat; exit 3":\n[secret]'


def test_the_connection_and_an_echoed_input_are_secret_in_the_state(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "echo said: $(cat)", "stdin": CANARY})

    _, state = command.create(inputs, SECRETS)

    assert state.secrets == {*SECRETS, ("stdout",)}


def test_an_update_runs_update(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "echo first"})
    _, state = command.create(inputs)
    new = {**inputs, "update": "echo second"}

    assert command.update(new, inputs, state).values["stdout"] == "second"
    assert command.update({**new, "update": "false || echo third"}, new, state).values["stdout"] == "third"


def test_an_update_without_a_command_of_its_own_runs_create_again(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "echo first"})
    _, state = command.create(inputs)

    assert command.update({**inputs, "create": "echo again"}, inputs, state).values["stdout"] == "again"


def test_a_variable_that_the_host_takes_reaches_the_command(command: Engine, connection: Plain) -> None:
    inputs = command.inputs(
        {"connection": connection, "create": "echo $GREETING", "environment": {"GREETING": "hello"}}
    )

    assert command.create(inputs)[1].values["stdout"] == "hello"


def test_a_variable_that_the_host_refuses_is_an_error(command: Engine, connection: Plain) -> None:
    inputs = command.inputs({"connection": connection, "create": "true", "environment": {"OTHER": "hello"}})

    with pytest.raises(AbortedError, match="ssh: setenv failed: sshd accepts no variable OTHER"):
        command.create(inputs)


def test_another_host_key_is_refused_after_the_retries(command: Engine, connection: Plain) -> None:
    other = paramiko.ECDSAKey.generate()
    wrong = {**connection, "hostKey": f"{other.get_name()} {other.get_base64()}", "dialErrorLimit": 2}

    with pytest.raises(AbortedError) as error:
        command.create(command.inputs({"connection": wrong, "create": "true"}))

    assert str(error.value) == "after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch"


def test_a_host_that_does_not_answer_is_named_after_the_retries(command: Engine) -> None:
    connection = {"host": "127.0.0.1", "port": 1, "password": CANARY, "dialErrorLimit": 1}
    inputs = command.inputs({"connection": connection, "create": "true"})

    with pytest.raises(AbortedError) as error:
        command.create(inputs, {("connection",)})

    assert str(error.value) == "after 1 failed attempts: dial tcp 127.0.0.1:1: connect: connection refused"


def test_an_agents_socket_that_leads_nowhere_fails_although_a_key_is_given(
    command: Engine, connection: Plain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inputs = command.inputs({"connection": connection, "create": "true"})
    socket_path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket_path))

    with pytest.raises(AbortedError, match=f"dial unix {socket_path}: connect: no such file or directory"):
        command.create(inputs)


def test_the_connection_gets_the_real_plugins_defaults(command: Engine) -> None:
    inputs = command.inputs({"connection": {"host": "a"}})

    assert inputs == {
        "addPreviousOutputInEnv": True,
        "connection": {"host": "a", "dialErrorLimit": 10, "perDialTimeout": 15, "port": 22, "user": "root"},
    }


@pytest.mark.parametrize("kind", ["a text", "a file", "a folder"])
def test_a_copy_into_a_missing_folder_makes_its_parents(connection: Plain, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "name").write_text("content")
    target = tmp_path / "not" / "there" / "name"
    signature, asset, archive = (
        "4dabf18193072939515e22adb298388d",
        "c44067f5952c0a294b673a41bacd8c17",
        "0def7320c3a5731c473e5ecbe6d01bc7",
    )
    sources: dict[str, Plain] = {
        "a text": {signature: asset, "text": "content"},
        "a file": {signature: asset, "path": str(source / "name")},
        "a folder": {signature: archive, "path": f"{source}/"},
    }
    copy = Engine(stand_in(), "command:remote:CopyToRemote")
    remote = str(target.parent if kind == "a folder" else target)

    copy.create(copy.inputs({"connection": connection, "source": sources[kind], "remotePath": remote}))

    assert target.read_text() == "content"


def test_every_change_is_an_update_even_of_triggers(command: Engine) -> None:
    old = {"connection": {"host": "a"}, "create": "true", "triggers": ["1"]}
    new = {"connection": {"host": "b"}, "create": "false", "triggers": ["2"]}

    answer = command.diff(old, new)

    assert sorted(answer.detailedDiff) == ["connection.host", "create", "triggers[0]"]
    assert not answer.replaces, "it is the SDK that replaces on triggers[*]"


def test_ways_to_connect_that_the_stand_in_lacks_are_refused(command: Engine) -> None:
    failures = command.failures({"connection": {"host": "a", "proxy": {"host": "b"}}})

    assert failures == {"connection.proxy": "the sandbox's command stand-in does not support proxy yet"}
