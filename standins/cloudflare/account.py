"""An account at Cloudflare, as its API shows it: requests, and refusals in words."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from standins.provider.resource import ProviderError
from standins.provider.wire import Plain

SETTINGS = frozenset({"apiToken", "baseUrl"})
_API = "https://api.cloudflare.com/client/v4"
_TIMEOUT_SECONDS = 60
# What may pass by itself, as the real provider's client has it (cloudflare-go, internal/requestconfig: two retries).
_RETRIES = Retry(
    2,
    backoff_factor=0.5,
    status_forcelist=(408, 409, 429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,  # its body says why
)


class Account:
    """Sends requests; what a request is for, `what`, stands in the error when it is refused."""

    def __init__(self, token: str, url: str | None) -> None:
        self._url = (url or _API).rstrip("/")
        # As the real plugin, which is written in Go, finds the authorities that it trusts.
        self._authorities = os.environ.get("SSL_CERT_FILE") or True
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.mount(self._url, HTTPAdapter(max_retries=_RETRIES))

    def create(self, path: str, what: str, body: Plain) -> Plain:
        """POST, and return the result."""
        return _result(self._send("POST", path, f"creating {what}", body))

    def read(self, path: str, what: str) -> Plain | None:
        """GET the result, or None where there is nothing."""
        answer = self._send("GET", path, f"reading {what}", missing=True)
        return None if answer is None else _result(answer)

    def replace(self, path: str, what: str, body: Plain) -> Plain:
        """PUT, and return the result."""
        return _result(self._send("PUT", path, f"updating {what}", body))

    def edit(self, path: str, what: str, body: Plain) -> Plain:
        """PATCH, and return the result."""
        return _result(self._send("PATCH", path, f"updating {what}", body))

    def delete(self, path: str, what: str) -> None:
        """DELETE; what is gone already is no error."""
        self._send("DELETE", path, f"deleting {what}", missing=True)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, method: str, path: str, purpose: str, body: Plain | None = None, *, missing: bool = False) -> Any:
        """Return the answer, None where there is nothing and that may be; raises ProviderError for a refusal."""
        try:
            answer = self._session.request(
                method, f"{self._url}{path}", json=body, timeout=_TIMEOUT_SECONDS, verify=self._authorities
            )
        except requests.RequestException as error:
            raise ProviderError(f"{purpose}: {self._url} does not answer: {error}") from error
        if missing and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.ok:
            raise ProviderError(f"{purpose}: {answer.status_code} {_explain(answer)}")
        return answer.json() if answer.content else {}


def connect(settings: Plain) -> Account:
    """Return the account of the provider's settings or, as with the real plugin, of the environment's variables."""
    unknown = sorted(key for key in settings.keys() - SETTINGS - {"version", "pluginDownloadURL"} if settings[key])
    if unknown:
        raise ProviderError(f"the sandbox's stand-in for cloudflare does not know the provider's {', '.join(unknown)}")
    token = settings.get("apiToken") or os.environ.get("CLOUDFLARE_API_TOKEN")
    if not token:
        raise ProviderError("the cloudflare provider needs a token: set cloudflare:apiToken or CLOUDFLARE_API_TOKEN")
    return Account(token, settings.get("baseUrl") or os.environ.get("CLOUDFLARE_BASE_URL"))


def snake(name: str) -> str:
    """Write a property's name as the API does."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def shown(result: Plain, names: frozenset[str]) -> Plain:
    """Return some properties of an answer by their names in Pulumi."""
    return {name: result.get(snake(name)) for name in names}


def _explain(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        body = None
    errors = body.get("errors", []) if isinstance(body, dict) else []
    sentences = [_sentence(part) for error in errors for part in (error, *error.get("error_chain", []))]
    return "; ".join(sentences) or "without an explanation"


def _sentence(error: Plain) -> str:
    place = error.get("source", {}).get("pointer")
    return f"{error.get('message')} ({error.get('code')}{f' at {place}' if place else ''})"


def _result(answer: Any) -> Plain:
    result: Plain = answer["result"]
    return result
