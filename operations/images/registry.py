"""A registry's digest and creation day of an image (OCI distribution specification 1.1)."""

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
# docker.io's registry, and the namespace of its images without one.
_HUB, _OFFICIAL = "registry-1.docker.io", "library/"
# For one platform and for several, in OCI's form and Docker's. If none of them is accepted a registry converts the
# manifest to an older form, which has another digest.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_AGAIN = "run the same command again once it does"
_EPOCH = date(1970, 1, 1)
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Login(NamedTuple):
    """Credentials at a registry."""

    user: str
    token: str


class Published(NamedTuple):
    """An image as the registry has it."""

    digest: str
    created: date | None
    """None where the image does not say."""


def look_up(image: ImageName, login: Login | None, stack: str) -> Published:
    """Return what the registry has under an image's digest or tag; raises OperationError when it does not answer."""
    host = image.registry
    try:
        repository = _Repository(image, login)
        manifest = repository.get(f"manifests/{image.digest or image.tag}")
        # Computed, because the header Docker-Content-Digest proves nothing.
        return Published(f"sha256:{hashlib.sha256(manifest).hexdigest()}", _created(repository, json.loads(manifest)))
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


class _Repository:
    """A repository of a registry, read with the login if it asks for one."""

    def __init__(self, image: ImageName, login: Login | None) -> None:
        host, path = image.registry, image.repository.removeprefix(f"{image.registry}/")
        if host == DOCKER_HUB:
            host, path = _HUB, path if "/" in path else _OFFICIAL + path
        # Plain http only to this machine, as Docker does.
        self._address = f"{'http' if _loopback(host) else 'https'}://{host}/v2/{path}"
        self._login = login
        self._authorization: str | None = None

    def get(self, path: str) -> bytes:
        """Return a manifest or blob; raises OSError when it cannot be read."""
        try:
            return self._read(path)
        except urllib.error.HTTPError as refusal:
            if refusal.code != HTTPStatus.UNAUTHORIZED or self._authorization:
                raise
            self._authorization = self._authorize(refusal)
            return self._read(path)

    def _read(self, path: str) -> bytes:
        return _read(f"{self._address}/{path}", self._authorization, Accept=", ".join(_MANIFESTS))

    def _authorize(self, refusal: urllib.error.HTTPError) -> str:
        """Return the header that answers a challenge: the login, or a token fetched with the login or anonymously."""
        scheme, _, challenge = refusal.headers.get("WWW-Authenticate", "").partition(" ")
        basic = None
        if self._login is not None:
            basic = "Basic " + base64.b64encode(f"{self._login.user}:{self._login.token}".encode()).decode()
        if scheme.lower() != "bearer":
            if basic is None:
                raise refusal
            return basic
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = fields["realm"]
        if not realm.startswith("https://") and not _loopback(urlsplit(realm).netloc):
            raise ValueError("a token is asked for over https alone")
        query = urlencode({name: fields[name] for name in ("service", "scope") if name in fields})
        answer = json.loads(_read(f"{realm}?{query}", basic))
        return f"Bearer {answer.get('token') or answer['access_token']}"


def _read(url: str, authorization: str | None, **headers: str) -> bytes:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  https, or http to this machine
    if authorization:
        # A redirect leads to a blob storage, whose URL carries its own credentials.
        request.add_unredirected_header("Authorization", authorization)
    with urllib.request.build_opener().open(request, timeout=_SECONDS) as answer:
        return bytes(answer.read())


def _created(repository: _Repository, manifest: dict[str, Any]) -> date | None:
    """Return the day on which an image was created; of one for several platforms, that of the first."""
    if "manifests" in manifest:
        # Entries of platform "unknown" are signatures and attestations.
        first = next(entry for entry in manifest["manifests"] if entry["platform"]["os"] != "unknown")
        manifest = json.loads(repository.get(f"manifests/{first['digest']}"))
    created = json.loads(repository.get(f"blobs/{manifest['config']['digest']}")).get("created")
    day = date.fromisoformat(created[:10]) if created else None
    # Reproducible builds set the epoch, or the year 1.
    return day if day and day > _EPOCH else None


def _loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
