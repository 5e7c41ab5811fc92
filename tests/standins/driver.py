"""Drives a stand-in as the engine does, message by message, without gRPC between."""

from __future__ import annotations

from typing import Any, NoReturn

from pulumi.runtime.proto import provider_pb2, status_pb2

from standins.command.resources import Command, CopyToRemote
from standins.docker.container import Container
from standins.docker.daemon import explain
from standins.docker.network import Network
from standins.docker.secret import Secret, ServiceConfig
from standins.docker.service import Service
from standins.docker.volume import Volume
from standins.provider.resource import Resource
from standins.provider.standin import StandIn
from standins.provider.wire import Path, Plain, Properties, decode, encode


class AbortedError(Exception):
    """What the engine would show as the operation's error."""


class Context:
    """The part of a gRPC call that a stand-in uses."""

    def __init__(self) -> None:
        self.partial: Any = None

    def set_trailing_metadata(self, metadata: Any) -> None:
        status = status_pb2.Status.FromString(dict(metadata)["grpc-status-details-bin"])
        self.partial = provider_pb2.ErrorResourceInitFailed()
        status.details[0].Unpack(self.partial)

    def abort(self, code: Any, details: str) -> NoReturn:
        del code
        raise AbortedError(details)


class Engine:
    """Sends one resource's messages."""

    def __init__(self, provider: StandIn[Any], token: str, name: str = "thing") -> None:
        self.provider = provider
        self.token = token
        self.urn = f"urn:pulumi:dev::shop::{token}::{name}"
        self.context = Context()

    @property
    def kind(self) -> type[Resource[Any]]:
        """Return the class that handles the resource."""
        return next(kind for kind in KINDS if kind.handles == self.token)

    def check(
        self, news: Plain, olds: Plain | None = None, secrets: set[Path] | None = None, seed: bytes = b"1"
    ) -> Any:
        return self.provider.Check(
            provider_pb2.CheckRequest(urn=self.urn, news=_wire(news, secrets), olds=_wire(olds or {}), randomSeed=seed),
            self.context,
        )

    def inputs(self, news: Plain, olds: Plain | None = None, seed: bytes = b"1") -> Plain:
        """Return checked inputs, which must have no failures."""
        answer = self.check(news, olds, seed=seed)
        assert not answer.failures, list(answer.failures)
        return decode(answer.inputs).values

    def failures(self, news: Plain) -> dict[str, str]:
        return {failure.property: failure.reason for failure in self.check(news).failures}

    def diff(self, old: Plain, new: Plain, ignore: list[str] | None = None, state: Plain | None = None) -> Any:
        request = provider_pb2.DiffRequest(
            urn=self.urn, old_inputs=_wire(old), olds=_wire(state or old), news=_wire(new), ignoreChanges=ignore or []
        )
        return self.provider.Diff(request, self.context)

    def create(self, inputs: Plain, secrets: set[Path] | None = None, preview: bool = False) -> tuple[str, Properties]:
        request = provider_pb2.CreateRequest(urn=self.urn, properties=_wire(inputs, secrets), preview=preview)
        answer = self.provider.Create(request, self.context)
        return answer.id, decode(answer.properties)

    def update(
        self, inputs: Plain, old: Plain, state: Properties, preview: bool = False, resource_id: str = "1"
    ) -> Properties:
        request = provider_pb2.UpdateRequest(
            urn=self.urn, id=resource_id, news=_wire(inputs), old_inputs=_wire(old), olds=encode(state), preview=preview
        )
        return decode(self.provider.Update(request, self.context).properties)

    def read(self, inputs: Plain, state: Properties, secrets: set[Path] | None = None, resource_id: str = "1") -> Any:
        request = provider_pb2.ReadRequest(
            urn=self.urn, id=resource_id, inputs=_wire(inputs, secrets), properties=encode(state)
        )
        return self.provider.Read(request, self.context)

    def delete(self, inputs: Plain, state: Properties, resource_id: str = "1") -> None:
        request = provider_pb2.DeleteRequest(
            urn=self.urn, id=resource_id, old_inputs=_wire(inputs), properties=encode(state)
        )
        self.provider.Delete(request, self.context)


def _wire(values: Plain, secrets: set[Path] | None = None) -> Any:
    return encode(Properties(values, secrets or frozenset()))


def _unreachable(settings: Plain) -> NoReturn:
    del settings
    raise AssertionError("a preview must not connect")


DOCKER: list[type[Resource[Any]]] = [Container, Network, Secret, Service, ServiceConfig, Volume]
COMMAND: list[type[Resource[Any]]] = [Command, CopyToRemote]
KINDS = [*DOCKER, *COMMAND]


def docker(daemon: Any = None) -> StandIn[Any]:
    """Return the docker stand-in, before this daemon or none."""
    connect = (lambda _: daemon) if daemon else _unreachable
    return StandIn("docker", "pulumi_docker.provider:ProviderArgs", connect, DOCKER, explain=explain)


def command() -> StandIn[Any]:
    """Return the command stand-in."""
    return StandIn("command", "pulumi_command.provider:ProviderArgs", lambda _: None, COMMAND)
