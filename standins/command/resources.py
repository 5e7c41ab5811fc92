"""Commands and copies over SSH, as pulumi-command makes them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from standins.provider.lazy import LazyModule
from standins.provider.resource import ProviderError, Resource
from standins.provider.schema import Failure
from standins.provider.wire import UNKNOWN, Plain

if TYPE_CHECKING:
    from standins.command import ssh
else:
    ssh = LazyModule("standins.command.ssh")

_UNSUPPORTED = ("agentSocketPath", "proxy")


class Session(Resource[None]):
    """What commands and copies have in common: the connection, which is always secret."""

    secret_outputs = frozenset({"connection"})
    public = frozenset({"connection.host", "connection.hostKey", "connection.user"})
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
        streams = inputs.get("logging", "stdoutAndStderr").lower()
        output = ssh.Output(self.log, {name for name in ("stdout", "stderr") if name in streams})
        with ssh.connected(inputs["connection"], self.cancelled) as client:
            channel = ssh.session(client, inputs.get("environment", {}))
            if inputs["addPreviousOutputInEnv"]:
                for name in ("stdout", "stderr"):
                    if before.get(name):
                        channel.set_environment_variable(f"PULUMI_COMMAND_{name.upper()}", before[name])
            channel.exec_command(command)
            ssh.converse(channel, inputs.get("stdin", ""), output, self.cancelled)
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
        same_content = old_inputs["source"].get("hash") == inputs["source"].get("hash")
        if not same_content or old_inputs["remotePath"] != inputs["remotePath"]:
            self._copy(inputs)
        return {}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Leave the copy where it is."""

    def _copy(self, inputs: Plain) -> None:
        with ssh.connected(inputs["connection"], self.cancelled) as client:
            ssh.copy(client, inputs["source"], inputs["remotePath"])
