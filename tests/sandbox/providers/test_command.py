"""Commands over SSH, against a server of a few lines on loopback that runs them in a shell."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from sandbox.providers.command import Command, CopyToRemote
from sandbox.providers.standin import StandIn
from sandbox.providers.wire import Path, Plain
from tests.sandbox.providers.driver import AbortedError, Engine

CANARY = "canary-of-a-secret"
SECRETS: set[Path] = {("connection",), ("stdin",)}


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
    provider = StandIn("command", "pulumi_command.provider:ProviderArgs", lambda _: None, [Command, CopyToRemote])
    return Engine(provider, "command:remote:Command")


def test_a_command_gets_its_input_and_its_output_is_kept_apart(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "cat; echo oops >&2", "stdin": "hello"}

    _, state = command.create(inputs)

    assert (state.values["stdout"], state.values["stderr"]) == ("hello", "oops")


def test_a_command_that_fails_shows_what_it_said_but_not_its_secret_input(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "cat; exit 3", "stdin": CANARY}

    with pytest.raises(AbortedError) as error:
        command.create(inputs, SECRETS)

    assert str(error.value) == 'Process exited with status 3: running "cat; exit 3":\n[secret]'


def test_the_connection_and_an_echoed_input_are_secret_in_the_state(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "echo said: $(cat)", "stdin": CANARY}

    _, state = command.create(inputs, SECRETS)

    assert state.secrets == {*SECRETS, ("stdout",)}


def test_an_update_runs_update(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "echo first"}
    _, state = command.create(inputs)
    new = {**inputs, "update": "echo second"}

    assert command.update(new, inputs, state).values["stdout"] == "second"
    assert command.update({**new, "update": "false || echo third"}, new, state).values["stdout"] == "third"


def test_an_update_without_a_command_of_its_own_runs_create_again(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "echo first"}
    _, state = command.create(inputs)

    assert command.update({**inputs, "create": "echo again"}, inputs, state).values["stdout"] == "again"


def test_a_variable_that_the_host_takes_reaches_the_command(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "echo $GREETING", "environment": {"GREETING": "hello"}}

    assert command.create(inputs)[1].values["stdout"] == "hello"


def test_a_variable_that_the_host_refuses_is_an_error(command: Engine, connection: Plain) -> None:
    inputs = {"connection": connection, "create": "true", "environment": {"OTHER": "hello"}}

    with pytest.raises(AbortedError, match="ssh: setenv failed: sshd accepts no variable OTHER"):
        command.create(inputs)


def test_another_host_key_is_refused_at_once(command: Engine, connection: Plain) -> None:
    other = paramiko.ECDSAKey.generate()
    inputs = {
        "connection": {**connection, "hostKey": f"{other.get_name()} {other.get_base64()}", "dialErrorLimit": -1},
        "create": "true",
    }

    with pytest.raises(AbortedError, match="ssh: host key mismatch"):
        command.create(inputs)


def test_a_host_that_does_not_answer_is_named(command: Engine) -> None:
    connection = {"host": "127.0.0.1", "port": 1, "password": CANARY, "dialErrorLimit": 1}

    with pytest.raises(AbortedError, match=r"cannot connect to 127\.0\.0\.1 by ssh"):
        command.create({"connection": connection, "create": "true"}, {("connection",)})


def test_every_change_is_an_update_even_of_triggers(command: Engine) -> None:
    old = {"connection": {"host": "a"}, "create": "true", "triggers": ["1"]}
    new = {"connection": {"host": "b"}, "create": "false", "triggers": ["2"]}

    answer = command.diff(old, new)

    assert sorted(answer.detailedDiff) == ["connection.host", "create", "triggers[0]"]
    assert not answer.replaces, "it is the SDK that replaces on triggers[*]"


def test_ways_to_connect_that_the_stand_in_lacks_are_refused(command: Engine) -> None:
    failures = command.failures({"connection": {"host": "a", "proxy": {"host": "b"}}})

    assert failures == {"connection.proxy": "the sandbox's command stand-in does not support proxy yet"}
