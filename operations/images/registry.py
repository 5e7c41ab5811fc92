"""What a registry has: an image's digest and the day on which it was made (OCI distribution specification 1.1)."""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import json
import re
import urllib.error
import urllib.request
from datetime import date
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from operations.errors import OperationError
from settings import DOCKER_HUB, ImageName

_SECONDS = 20
# Where Docker itself asks for the images of docker.io, and in which folder those of no folder lie.
_HUB, _OFFICIAL = "registry-1.docker.io", "library/"
# Of one platform and of several, in OCI's form and in Docker's: what is not asked for is answered in an older form,
# whose digest is another.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_AGAIN = "run the same command again once it does"
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Login(NamedTuple):
    """Who asks a registry."""

    user: str
    token: str


class Held(NamedTuple):
    """An image as the registry has it."""

    digest: str
    made: date | None
    """None where the image does not say."""


def held(image: ImageName, login: Login | None, stack: str) -> Held:
    """Return what the registry has under an image's digest, or else its tag.

    Raises OperationError when it does not tell.
    """
    host = image.registry
    try:
        asked = _Asked(image, login)
        manifest = asked.get(f"manifests/{image.digest or image.tag}")
        # Of the bytes themselves: what a header says of them proves nothing.
        return Held(f"sha256:{hashlib.sha256(manifest).hexdigest()}", _made(asked, json.loads(manifest)))
    except urllib.error.HTTPError as error:
        if error.code in _REFUSALS:
            raise _refused(host, login, stack) from error
        if error.code == HTTPStatus.NOT_FOUND:
            problem = f"{host} has no {image.repository} with {image.digest or image.tag}"
            raise OperationError(problem, "push it there, or set another in the stack's file") from error
        raise OperationError(f"{host} does not tell: {error}", _AGAIN) from error
    except OSError as error:
        raise OperationError(f"{host} does not answer: {getattr(error, 'reason', error)}", _AGAIN) from error
    except (http.client.HTTPException, AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise OperationError(f"{host} answers in another form than registries do", _AGAIN) from error


def _refused(host: str, login: Login | None, stack: str) -> OperationError:
    if login is None:
        mend = f"set registry.server and registry.user for it, then neurmatic secrets init --stack {stack}"
        return OperationError(f"{host} asks for a login, or has no such image", mend)
    mend = f"neurmatic secrets rotate --stack {stack} registry_token"
    return OperationError(f"{host} refuses the registry_token of {login.user}", mend)


class _Asked:
    """A repository of a registry, asked with the login if it wants one."""

    def __init__(self, image: ImageName, login: Login | None) -> None:
        host, path = image.registry, image.repository.removeprefix(f"{image.registry}/")
        if host == DOCKER_HUB:
            host, path = _HUB, path if "/" in path else _OFFICIAL + path
        # Plain http to this machine alone, where nobody stands between; as Docker does it.
        self._address = f"{'http' if _loopback(host) else 'https'}://{host}/v2/{path}"
        self._login = login
        self._authorization: str | None = None

    def get(self, what: str) -> bytes:
        """Return what the repository has; raises OSError when it does not give it."""
        try:
            return self._read(what)
        except urllib.error.HTTPError as refusal:
            if refusal.code != HTTPStatus.UNAUTHORIZED or self._authorization:
                raise
            self._authorization = self._answer(refusal)
            return self._read(what)

    def _read(self, what: str) -> bytes:
        return _read(f"{self._address}/{what}", self._authorization, Accept=", ".join(_MANIFESTS))

    def _answer(self, refusal: urllib.error.HTTPError) -> str:
        """Answer a challenge: with the login itself, or with a token that the login, or anyone, gets for this."""
        scheme, _, rest = refusal.headers.get("WWW-Authenticate", "").partition(" ")
        basic = None
        if self._login is not None:
            basic = "Basic " + base64.b64encode(f"{self._login.user}:{self._login.token}".encode()).decode()
        if scheme.lower() != "bearer":
            if basic is None:
                raise refusal
            return basic
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = fields["realm"]
        if not realm.startswith("https://") and not _loopback(urlsplit(realm).netloc):
            raise ValueError("a token is asked for over https alone")
        query = urlencode({name: fields[name] for name in ("service", "scope") if name in fields})
        ticket = json.loads(_read(f"{realm}?{query}", basic))
        return f"Bearer {ticket.get('token') or ticket['access_token']}"


def _read(url: str, authorization: str | None, **headers: str) -> bytes:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  https, or http to this machine
    if authorization:
        # A redirect leads to where large files lie: that place has a login of its own in its address.
        request.add_unredirected_header("Authorization", authorization)
    with urllib.request.build_opener().open(request, timeout=_SECONDS) as answer:
        return bytes(answer.read())


def _made(asked: _Asked, manifest: dict[str, Any]) -> date | None:
    """Return the day on which an image was made; of one for several platforms, that of the first."""
    if "manifests" in manifest:
        # Those of no platform are signatures and other words about the image.
        first = next(entry for entry in manifest["manifests"] if entry["platform"]["os"] != "unknown")
        manifest = json.loads(asked.get(f"manifests/{first['digest']}"))
    created = json.loads(asked.get(f"blobs/{manifest['config']['digest']}")).get("created")
    made = date.fromisoformat(created[:10]) if created else None
    # A build that is to be the same on every day says the epoch, or the year 1.
    return made if made and made > _EPOCH else None


_EPOCH = date(1970, 1, 1)


def _loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
