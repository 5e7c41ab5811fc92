"""The cloudflare stand-in in an account at the double."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2

from standins.cloudflare.provider import provider
from standins.provider.standin import StandIn
from standins.provider.wire import Properties, encode
from tests.standins.driver import Context

TOKEN = "canary-of-a-token"
ZONE = {"account": {"id": "a"}, "name": "example.com"}


def entered(url: str, token: str = TOKEN) -> StandIn[Any]:
    """Return the stand-in, configured."""
    made = provider()
    settings = encode(Properties({"apiToken": token, "baseUrl": url}, {("apiToken",)}))
    made.Configure(provider_pb2.ConfigureRequest(args=settings), Context())
    return made
