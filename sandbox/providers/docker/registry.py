"""docker.getRegistryImage: the digest of an image, asked of its registry, without a Docker daemon."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
from pathlib import Path
from typing import Any

import requests

from sandbox.providers.docker.daemon import Daemon, accounts
from sandbox.providers.standin import Function, ProviderError
from sandbox.providers.wire import Plain

_DOCKER_HUB = "registry-1.docker.io"
_TIMEOUT = 30
_MANIFESTS = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


class GetRegistryImage(Function[Daemon]):
    """The digest that an image's tag names now."""

    handles = "docker:index/getRegistryImage:getRegistryImage"
    parameters = "pulumi_docker.get_registry_image:get_registry_image_output"
    required = frozenset({"name"})

    def invoke(self, arguments: Plain) -> Plain:
        """Ask the registry."""
        if arguments.get("insecureSkipVerify"):
            raise ProviderError("the sandbox's docker stand-in does not support insecureSkipVerify yet")
        digest = resolve(arguments["name"], accounts(self.settings))
        return {**arguments, "id": digest, "sha256Digest": digest}


def resolve(name: str, known: dict[str, dict[str, str]]) -> str:
    """Return an image's digest, `sha256:…`; raise ProviderError when the registry has no such image."""
    registry, repository, reference = parse(name)
    account = known.get(registry, {})
    address = account.get("serveraddress", registry)
    url = f"{address if '://' in address else f'https://{address}'}/v2/{repository}/manifests/{reference}"
    with requests.Session() as session:
        # with each request: to the session's, requests prefers REQUESTS_CA_BUNDLE, which the real plugin does not know
        how: Any = {"verify": _authorities(), "timeout": _TIMEOUT}
        session.headers["Accept"] = _MANIFESTS
        try:
            answer = session.head(url, **how)
            if answer.status_code == requests.codes.unauthorized:
                _authorize(session, answer.headers.get("WWW-Authenticate", ""), account, repository, how)
                answer = session.head(url, **how)
            if answer.ok and "Docker-Content-Digest" not in answer.headers:
                answer = session.get(url, **how)
        except requests.RequestException as error:
            raise ProviderError(f"cannot ask {registry} for the image {name}: {error}") from error
    if answer.status_code == requests.codes.not_found:
        raise ProviderError(f"the image {name} does not exist: {registry} knows no {repository} with {reference}")
    if not answer.ok:
        raise ProviderError(f"{registry} refuses the image {name}: {answer.status_code} {answer.reason}")
    content = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    return str(answer.headers.get("Docker-Content-Digest", content))


def parse(name: str) -> tuple[str, str, str]:
    """Split an image's name into registry, repository, and the digest or else the tag."""
    rest, _, digest = name.partition("@")
    first, slash, path = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, rest = first, path
    else:
        registry = _DOCKER_HUB
    repository, _, tag = rest.partition(":")
    if registry == _DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository, digest or tag or "latest"


def _authorities() -> str | bool:
    """Return the certificate authorities that OpenSSL, and the real plugin, would trust."""
    paths = [
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().cafile,
        "/etc/ssl/certs/ca-certificates.crt",
    ]
    return next((path for path in paths if path and Path(path).exists()), True)


def _authorize(session: requests.Session, challenge: str, account: dict[str, str], repository: str, how: Any) -> None:
    """Answer a registry's challenge: with the account itself, or with a token that the account, or anyone, gets."""
    credentials = (account["username"], account["password"]) if account.get("username") else None
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.lower().startswith("bearer"):
        session.auth = credentials
        return
    query = {"service": fields.get("service", ""), "scope": fields.get("scope", f"repository:{repository}:pull")}
    answer = session.get(fields["realm"], params=query, auth=credentials, **how)
    answer.raise_for_status()
    token = answer.json()
    session.headers["Authorization"] = f"Bearer {token.get('token') or token.get('access_token')}"
