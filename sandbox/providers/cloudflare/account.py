"""An account at Cloudflare, as its API shows it: requests, and refusals in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cloudflare import APIConnectionError, APIStatusError, Cloudflare, NotFoundError

from sandbox.providers.standin import ProviderError
from sandbox.providers.wire import Plain

SETTINGS = frozenset({"apiToken", "baseUrl"})


class Account:
    """Sends requests; what a request is for, `what`, stands in the error when it is refused."""

    def __init__(self, client: Cloudflare) -> None:
        self._client = client

    def create(self, path: str, what: str, body: Plain) -> Plain:
        """POST, and return the result."""
        with _refusals("creating", what):
            return _result(self._client.post(path, body=body, cast_to=object))

    def read(self, path: str, what: str) -> Plain | None:
        """GET the result, or None where there is nothing."""
        with _refusals("reading", what):
            try:
                return _result(self._client.get(path, cast_to=object))
            except NotFoundError:
                return None

    def replace(self, path: str, what: str, body: Plain) -> Plain:
        """PUT, and return the result."""
        with _refusals("updating", what):
            return _result(self._client.put(path, body=body, cast_to=object))

    def edit(self, path: str, what: str, body: Plain) -> Plain:
        """PATCH, and return the result."""
        with _refusals("updating", what):
            return _result(self._client.patch(path, body=body, cast_to=object))

    def delete(self, path: str, what: str) -> None:
        """DELETE; what is gone already is no error."""
        with _refusals("deleting", what):
            try:
                self._client.delete(path, cast_to=object)
            except NotFoundError:
                return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def connect(settings: Plain) -> Account:
    """Enter an account with the provider's settings and, as the real plugin does, the environment's."""
    foreign = sorted(key for key in settings.keys() - SETTINGS - {"version", "pluginDownloadURL"} if settings[key])
    if foreign:
        raise ProviderError(f"the sandbox's stand-in for cloudflare does not know the provider's {', '.join(foreign)}")
    token = settings.get("apiToken") or os.environ.get("CLOUDFLARE_API_TOKEN")
    if not token:
        raise ProviderError("the cloudflare provider needs a token: set cloudflare:apiToken or CLOUDFLARE_API_TOKEN")
    url = settings.get("baseUrl") or os.environ.get("CLOUDFLARE_BASE_URL")
    return Account(Cloudflare(api_token=token, base_url=url))


def snake(name: str) -> str:
    """Write a property's name as the API does."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def shown(result: Plain, names: frozenset[str]) -> Plain:
    """Return some properties of an answer by their names in Pulumi."""
    return {name: result.get(snake(name)) for name in names}


@contextmanager
def _refusals(doing: str, what: str) -> Iterator[None]:
    """Turn the API's refusals into what a user reads: the request's purpose, each code and its message."""
    try:
        yield
    except APIStatusError as error:
        raise ProviderError(f"{doing} {what}: {error.status_code} {_explain(error.body)}") from error
    except APIConnectionError as error:
        raise ProviderError(
            f"{doing} {what}: {error.request.url.host} does not answer: {error.__cause__ or error}"
        ) from error


def _explain(body: object) -> str:
    errors = body.get("errors", []) if isinstance(body, dict) else []
    chain = [each for error in errors for each in (error, *error.get("error_chain", []))]
    return "; ".join(map(_sentence, chain)) or "without an explanation"


def _sentence(error: Plain) -> str:
    place = error.get("source", {}).get("pointer")
    return f"{error.get('message')} ({error.get('code')}{f' at {place}' if place else ''})"


def _result(answer: Any) -> Plain:
    result: Plain = answer["result"]
    return result
