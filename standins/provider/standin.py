"""A provider plugin in Python: resources as small classes over plain dicts, the rules of the real plugin in tables.

A provider is a module that declares its `Resource` and `Function` classes and ends in `serve(StandIn(...))`:

    class Volume(Resource[DockerClient]):
        handles = "docker:index/volume:Volume"
        arguments = "pulumi_docker.volume:VolumeArgs"
        replaces = frozenset({"driver", "driverOpts", "labels", "name"})
        auto_name = "name"
        outputs = frozenset({"mountpoint"})

        def create(self, inputs: Plain) -> tuple[str, Plain]:
            ...
            return volume.id, {"mountpoint": volume.attrs["Mountpoint"]}

A resource's state is its inputs plus its `outputs`. Methods get and return plain Python (see wire.py): camelCase
keys, no secrets' wrappers, whole numbers as ints. They may block: every call has a thread of its own. `self.client`
connects at first use, so a preview, which calls none of them, never touches the outside.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic

import grpc
from google.protobuf import empty_pb2

from standins.provider import schema
from standins.provider.changes import Change, Kind, changes, general
from standins.provider.guard import Guard, current
from standins.provider.lifetime import mark_as_running
from standins.provider.protocol import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc
from standins.provider.resource import FAILED, Client, Function, ProviderError, Resource
from standins.provider.schema import DEFAULTS, Failure
from standins.provider.schema_cache import accepted
from standins.provider.secrecy import echoes, secret_texts, secrets_after
from standins.provider.wire import UNKNOWN, Plain, Properties, decode, encode, walk

_GRACE_SECONDS = 30  # for the operations under way to end once they are told to
_ENGINE_KEYS = ("version", "pluginDownloadURL")


class StandIn(provider_pb2_grpc.ResourceProviderServicer, Generic[Client]):
    """A provider of some resources and functions."""

    def __init__(
        self,
        name: str,
        arguments: str,
        connect: Callable[[Plain], Client],
        resources: Sequence[type[Resource[Client]]],
        functions: Sequence[type[Function[Client]]] = (),
        explain: Callable[[Exception], str] = lambda error: f"{type(error).__name__}: {error}",
    ) -> None:
        """`arguments` is the SDK's class of the provider's settings; `connect` makes a client of them.

        A client with a `close` method is closed when the plugin ends. `explain` words an error of the client library.
        """
        self.name = name
        self.cancelled = threading.Event()
        self._arguments = arguments
        self._connect = connect
        self._explain = explain
        self._resources = {kind.handles: kind(self) for kind in resources}
        self._functions = {kind.handles: kind(self) for kind in functions}
        self._settings = Properties({})
        self._lock = threading.Lock()
        self._engine: engine_pb2_grpc.EngineStub | None = None

    @property
    def client(self) -> Client:
        """The connection to the outside, made at first use and shared by all threads."""
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> Client:
        unknown = sorted(general(path) for path, value in walk(self._settings.values) if value is UNKNOWN)
        if unknown:
            raise ProviderError(f"the {self.name} provider's {', '.join(unknown)} is not known yet")
        return self._connect(self._settings.values)

    def log(self, message: str) -> None:
        """Show a line to the user beside the resource at work."""
        if self._engine is not None:
            guard = current.get()
            text = guard.clean(message)
            self._engine.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=guard.urn))

    def attach(self, engine_address: str) -> None:
        """Send logs to the engine."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def close(self) -> None:
        """Close the client, if there is one."""
        close = getattr(self.__dict__.get("_client"), "close", None)
        if close is not None:
            close()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Tell the plugin's version: the one that the installed SDK asks for."""
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self.name}"))

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Log to another engine."""
        self.attach(request.address)
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Interrupt the operations that wait."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Refuse wrong settings of the provider."""
        settings = _settings(decode(request.news), self._arguments)
        own = {key: value for key, value in settings.values.items() if key not in _ENGINE_KEYS}
        failures = schema.check(accepted(self._arguments), own)
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Compare the settings; a change of them replaces nothing."""
        old, new = decode(request.old_inputs).values, decode(request.news).values
        return _difference(any(changes(old, new)))

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Set the settings; the client is made at its first use."""
        self._settings = _settings(decode(request.args), self._arguments)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Call a function."""
        arguments = decode(request.args)
        with self._guard(context, arguments):
            function = self._functions.get(request.tok)
            if function is None:
                raise ProviderError(self._no_stand_in(request.tok, self._functions))
            failures = schema.check(accepted(function.parameters), arguments.values)
            if failures:
                return provider_pb2.InvokeResponse(failures=_failures(failures))
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(encode(Properties(function.invoke(arguments.values))))
            return response

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse wrong inputs, add the real plugin's defaults, and name what has no name."""
        news = decode(request.news)
        with self._guard(context, news, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            arguments = accepted(resource.arguments)
            failures = schema.check(arguments, news.values)
            if failures:
                return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))
            completed = Properties(schema.complete(arguments, news.values, resource.defaults), news.secrets)
            named = _name(resource, request, completed, decode(request.olds))
            inputs = named if resource.bridged else Properties(_own(named), named.secrets)
            return provider_pb2.CheckResponse(inputs=encode(inputs), failures=_failures(resource.check(_own(named))))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare the inputs in the state with the program's."""
        old, state, new = decode(request.old_inputs), decode(request.olds), decode(request.news)
        with self._guard(context, old, state, new, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            different = [
                change
                for change in changes(_as_read(resource, old, state), _own(new), resource.unordered)
                if not any(_under(change.place, ignored) for ignored in request.ignoreChanges)
            ]
            if FAILED in state.values:
                different.append(Change((FAILED,), Kind.DELETE, frozenset({FAILED})))
            replaces = resource.replaces | {FAILED}
            replacing = [change for change in different if change.touches(replaces, but=resource.in_place)]
            explicit_name = bool(resource.auto_name) and resource.auto_name not in new.values.get(DEFAULTS, ())
            detail = {
                change.place: provider_pb2.PropertyDiff(
                    kind=_kind(change.kind, change in replacing),
                    inputDiff=change.path[0] not in resource.read_back,  # else the engine shows what the inputs were
                )
                for change in different
            }
            return _difference(
                bool(different),
                replaces=[change.place for change in replacing],
                diffs=sorted({str(change.path[0]) for change in different}),
                detailedDiff=detail,
                hasDetailedDiff=True,
                deleteBeforeReplace=bool(replacing) and (resource.delete_before_replace or explicit_name),
            )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make an object; in a preview, return what is known of it."""
        inputs = decode(request.properties)
        with self._guard(context, inputs, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            guard.state = lambda outputs: _state(resource, inputs, outputs)
            if request.preview:
                resource_id, outputs = "", dict.fromkeys(resource.outputs - inputs.values.keys(), UNKNOWN)
            else:
                resource_id, outputs = resource.create(_own(inputs))
            return provider_pb2.CreateResponse(id=resource_id, properties=encode(guard.state(outputs)))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Read an object; the answer has no id when it is gone."""
        inputs, state = decode(request.inputs), decode(request.properties)
        with self._guard(context, inputs, state, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            actual = resource.read(request.id, _own(inputs), _outputs(resource, state, {}))
            if actual is None:
                return provider_pb2.ReadResponse()
            actual_inputs, outputs = actual
            own, read = _own(inputs), _as_read(resource, Properties(actual_inputs), Properties(outputs))
            noted = {key: value for key, value in inputs.values.items() if key not in own or own[key] == read.get(key)}
            now = Properties({**read, **noted}, secrets_after(Properties(own, inputs.secrets), read))
            properties = encode(_state(resource, now, outputs, inputs, state))
            return provider_pb2.ReadResponse(id=request.id, properties=properties, inputs=encode(now))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change an object to new inputs."""
        old, state, inputs = decode(request.old_inputs), decode(request.olds), decode(request.news)
        with self._guard(context, old, state, inputs, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            guard.resource_id = request.id
            before = _outputs(resource, state, inputs.values)
            guard.state = lambda outputs: _state(resource, inputs, {**before, **outputs}, old, state)
            if request.preview:
                outputs = before | dict.fromkeys(resource.volatile_outputs, UNKNOWN)
            else:
                outputs = resource.update(request.id, _own(inputs), _as_read(resource, old, state), before)
            return provider_pb2.UpdateResponse(properties=encode(guard.state(outputs)))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Remove an object."""
        old, state = decode(request.old_inputs), decode(request.properties)
        with self._guard(context, old, state, urn=request.urn) as guard:
            resource = self._resource(request.urn, guard)
            resource.delete(request.id, _own(old), _outputs(resource, state, {}))
            return empty_pb2.Empty()

    def _guard(self, context: Any, *properties: Properties, urn: str = "") -> Guard:
        return Guard(context, self._explain, [*properties, self._settings], urn)

    def _resource(self, urn: str, guard: Guard) -> Resource[Client]:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._resources:
            raise ProviderError(self._no_stand_in(token, self._resources))
        guard.public = self._resources[token].public
        return self._resources[token]

    @staticmethod
    def _no_stand_in(token: str, known: Mapping[str, object]) -> str:
        return f"the sandbox has no stand-in for {token}; the ones it has are {', '.join(sorted(known)) or 'none'}"


def serve(provider: StandIn[Any]) -> None:
    """Run a plugin until the engine ends it: `python -m standins.docker <engine address>`."""
    workers = ThreadPoolExecutor(64)
    running = mark_as_running(Path(os.environ["PULUMI_HOME"])) if "PULUMI_HOME" in os.environ else None
    server = grpc.server(workers, options=[("grpc.max_receive_message_length", 400 << 20)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if addresses:
        provider.attach(addresses[0])
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    try:
        while server.wait_for_termination(timeout=1):
            if os.getppid() != engine:
                break  # killed, and nobody is left to tell
    except KeyboardInterrupt:
        pass  # the engine got the same Ctrl-C and waits for the operations under way
    provider.cancelled.set()
    server.stop(grace=_GRACE_SECONDS).wait()
    ending = threading.Thread(target=workers.shutdown, daemon=True)  # gRPC forgets operations whose engine is gone
    ending.start()
    ending.join(_GRACE_SECONDS)
    provider.close()
    if running is not None:
        running.close()
    os._exit(0)  # a thread that still waits for an answer from outside must not keep the process


def _name(resource: Resource[Any], request: Any, news: Properties, olds: Properties) -> Properties:
    """Give an auto-named resource the name that it has, or a new one."""
    if not resource.auto_name or resource.auto_name in news.values:
        return news
    if resource.auto_name in olds.values.get(DEFAULTS, ()):
        name = olds.values[resource.auto_name]
    else:
        suffix = sha256(request.randomSeed + request.urn.encode()).hexdigest()[:7]
        name = f"{request.urn.rpartition('::')[2]}-{suffix}"
    added = sorted([*news.values[DEFAULTS], resource.auto_name])
    return Properties({**news.values, resource.auto_name: name, DEFAULTS: added}, news.secrets)


def _settings(properties: Properties, arguments: str) -> Properties:
    """Read a provider's settings, whose lists, objects, numbers and booleans come as JSON texts."""
    spec = accepted(arguments)

    def value(key: str, item: Any) -> Any:
        text = isinstance(item, str) and key in spec.properties and spec.properties[key] != schema.Scalar(str)
        try:
            return json.loads(item) if text else item
        except ValueError:
            return item

    return Properties({key: value(key, item) for key, item in properties.values.items()}, properties.secrets)


def _own(properties: Properties) -> Plain:
    """Return the inputs without the engine's and the bridge's notes."""
    own = {key: value for key, value in properties.values.items() if not key.startswith("__")}
    return dict(schema.without_notes(own))


def _outputs(resource: Resource[Any], state: Properties, given: Plain) -> Plain:
    """Return what the state holds beside the inputs, an output that is given by now left out."""
    names = (resource.outputs | {FAILED}) - given.keys()
    return {key: value for key, value in state.values.items() if key in names}


def _as_read(resource: Resource[Any], old: Properties, state: Properties) -> Plain:
    """Return the inputs in the state, those that were read back as they were read."""
    own = _own(old)
    names = resource.read_back & own.keys() & state.values.keys()
    return own | {name: _projected(state.values[name], own[name]) for name in names}


def _projected(value: Any, given: Any) -> Any:
    """Leave out of a value the properties that were not given."""
    if isinstance(value, dict) and isinstance(given, dict):
        return {key: _projected(item, given[key]) for key, item in value.items() if key in given}
    if isinstance(value, list) and isinstance(given, list) and len(value) == len(given):
        return [_projected(*pair) for pair in zip(value, given, strict=True)]
    return value


def _state(resource: Resource[Any], inputs: Properties, outputs: Plain, *before: Properties) -> Properties:
    """Join inputs and outputs; what is secret in the inputs, or echoes what is or was, is secret in the state."""
    texts = {text for properties in (inputs, *before) for text in secret_texts(properties, resource.public)}
    always = {(name,) for name in resource.secret_outputs}
    return Properties({**_own(inputs), **outputs}, {*inputs.secrets, *echoes(outputs, texts), *always})


def _failures(failures: Iterable[Failure]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in failures]


def _difference(changed: bool, **detail: Any) -> Any:
    kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=kind, **detail)


def _kind(kind: Kind, replace: bool) -> Any:
    return provider_pb2.PropertyDiff.Kind.Value(f"{kind.name}_REPLACE" if replace else kind.name)


def _under(place: str, ignored: str) -> bool:
    return place == ignored or place.startswith((f"{ignored}.", f"{ignored}["))
