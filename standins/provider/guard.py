"""What surrounds every operation: errors as the engine wants them, and no secret in what the user reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import grpc
from google.protobuf import any_pb2

from standins.provider.protocol import provider_pb2, status_pb2
from standins.provider.resource import IncompleteError, ProviderError
from standins.provider.secrecy import clean, secret_texts
from standins.provider.wire import Plain, Properties, encode


class Guard:
    """Turns what goes wrong within an operation into the engine's errors, with no secret in them."""

    def __init__(
        self, context: Any, explain: Callable[[Exception], str], properties: Sequence[Properties], urn: str
    ) -> None:
        self._context = context
        self._explain = explain
        self._properties = properties
        self.public: frozenset[str] = frozenset()
        self.resource_id = ""
        self.state: Callable[[Plain], Properties] = lambda _: Properties({})
        self.urn = urn

    def __enter__(self) -> Guard:
        current.set(self)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, IncompleteError):
            self._incomplete(error)
        if isinstance(error, Exception):
            text = str(error) if isinstance(error, ProviderError) else self._explain(error)
            self._context.abort(grpc.StatusCode.UNKNOWN, self.clean(text))

    def _incomplete(self, error: IncompleteError) -> None:
        reason = self.clean(str(error))
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id or self.resource_id, properties=encode(self.state(error.outputs)), reasons=[reason]
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[packed])
        self._context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        self._context.abort(grpc.StatusCode.UNKNOWN, reason)

    def clean(self, text: str) -> str:
        """Hide what is secret in the operation's properties."""
        return clean(text, set().union(*(secret_texts(properties, self.public) for properties in self._properties)))


current: ContextVar[Guard] = ContextVar("current")
"""The operation that this thread is at."""
