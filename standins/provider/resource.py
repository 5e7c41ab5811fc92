"""The base classes of what a provider offers: resources and functions."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from standins.provider.schema import Failure
from standins.provider.wire import Plain

Client = TypeVar("Client")
_Connected = TypeVar("_Connected", covariant=True)

FAILED = "__failed"
"""The note in the state of an object whose create failed on the way: the next `up` replaces it."""


class ProviderError(Exception):
    """An operation that failed and left nothing behind; its text is what the user reads."""


class IncompleteError(Exception):
    """A create or update that failed after the object exists: the state keeps it, and the next `up` mends it."""

    def __init__(self, reason: str, resource_id: str = "", outputs: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.outputs = dict(outputs or {})


class Provider(Protocol[_Connected]):
    """What a resource needs of its provider."""

    cancelled: threading.Event

    @property
    def client(self) -> _Connected:
        """The connection to the outside, made at first use."""

    def log(self, message: str) -> None:
        """Show a line to the user."""


class Resource(Generic[Client]):
    """One resource type of the real plugin."""

    handles: ClassVar[str]
    """The type token, `docker:index/volume:Volume`."""
    arguments: ClassVar[str]
    """The SDK's class of inputs, `pulumi_docker.volume:VolumeArgs`; imported when the first such resource comes."""
    replaces: ClassVar[frozenset[str]] = frozenset()
    """Input paths without indexes (`ports`, `taskSpec.containerSpec.hosts`) whose change, at or below, replaces."""
    in_place: ClassVar[frozenset[str]] = frozenset()
    """Exceptions from `replaces`: paths below one of its entries that change in place."""
    unordered: ClassVar[frozenset[str]] = frozenset()
    """Paths of lists whose order means nothing."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the real plugin's Check adds to the inputs, by general path (`ports.protocol`)."""
    bridged: ClassVar[bool] = True
    """Whether the real plugin is a Terraform provider, whose bridge notes in the inputs what it added."""
    read_back: ClassVar[frozenset[str]] = frozenset()
    """Inputs that are compared as the state has them: a create may find them otherwise, or in another form."""
    auto_name: ClassVar[str] = ""
    """The input that, when not given, gets the resource's logical name and a random suffix."""
    delete_before_replace: ClassVar[bool] = False
    """Replacement always deletes first. A resource whose auto-nameable name is given does so in any case."""
    outputs: ClassVar[frozenset[str]] = frozenset()
    """Properties that only the real object knows, unless they are given: unknown in the preview of a create."""
    volatile_outputs: ClassVar[frozenset[str]] = frozenset()
    """Those of them that an update may change: unknown in its preview too."""
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    """Properties, inputs echoed in the state included, that are always secret."""
    public: ClassVar[frozenset[str]] = frozenset()
    """Input paths that are no secret in themselves although a secret holds them (`connection.host`)."""

    def __init__(self, provider: Provider[Client]) -> None:
        self._provider = provider

    @property
    def client(self) -> Client:
        """The provider's connection to the outside, made at first use and shared."""
        return self._provider.client

    @property
    def cancelled(self) -> threading.Event:
        """Set when the user pressed Ctrl-C: what waits long should wait on this event and raise IncompleteError."""
        return self._provider.cancelled

    def log(self, message: str) -> None:
        """Show a line to the user beside the resource."""
        self._provider.log(message)

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Yield what the real plugin refuses beyond names and types, or the stand-in cannot do; UNKNOWN may occur."""
        del inputs
        return ()

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the object; return its id and its outputs."""
        raise NotImplementedError

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the object: its inputs as they really are, and its outputs; None when it is gone.

        `inputs` are the last known ones: return them with what differs put right, so that the next preview shows it.
        """
        raise NotImplementedError

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Bring the object to the new inputs; return its outputs."""
        raise NotImplementedError

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the object; one that is gone already is no error."""
        raise NotImplementedError


class Function(Generic[Client]):
    """One function of the real plugin; called in previews too."""

    handles: ClassVar[str]
    parameters: ClassVar[str]
    """The SDK's output form of the function, `pulumi_cloudflare.get_ip_ranges:get_ip_ranges_output`."""

    def __init__(self, provider: Provider[Client]) -> None:
        self._provider = provider

    @property
    def client(self) -> Client:
        """The provider's connection to the outside, made at first use and shared."""
        return self._provider.client

    def invoke(self, arguments: Plain) -> Plain:
        """Answer a call."""
        raise NotImplementedError
