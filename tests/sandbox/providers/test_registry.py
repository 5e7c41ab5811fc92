"""getRegistryImage against a registry of a few lines, on loopback and with TLS."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from sandbox.providers.docker.registry import parse, resolve
from sandbox.providers.standin import ProviderError

DIGEST = "sha256:" + "a" * 64
ACCOUNT = {"username": "robot", "password": "canary-of-a-password"}


class Registry(BaseHTTPRequestHandler):
    """Knows `shop/backend:v1.0.0`, and, for those who log in, `private/backend:v1.0.0`."""

    def do_HEAD(self) -> None:
        if self.path.startswith("/v2/private/") and not self._authorized():
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'Bearer realm="https://{self.headers["Host"]}/token",service="here"')
        elif self.path.endswith("/backend/manifests/v1.0.0") and "index.v1+json" in self.headers["Accept"]:
            self.send_response(200)
            self.send_header("Docker-Content-Digest", DIGEST)
        else:
            self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        secret = base64.b64encode(f"{ACCOUNT['username']}:{ACCOUNT['password']}".encode()).decode()
        known = self.headers["Authorization"] == f"Basic {secret}"
        body = b'{"token": "ticket"}' if known else b"{}"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        del arguments

    def _authorized(self) -> bool:
        return self.headers["Authorization"] == "Bearer ticket"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    authority = trustme.CA()
    certificates = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_tag_becomes_the_digest_that_it_names(registry: str) -> None:
    assert resolve(f"{registry}/shop/backend:v1.0.0", {}) == DIGEST


def test_an_image_that_does_not_exist_is_named(registry: str) -> None:
    image = f"{registry}/shop/backend:v9"

    with pytest.raises(ProviderError, match=f"the image {image} does not exist"):
        resolve(image, {})


def test_a_private_image_needs_its_registrys_account(registry: str) -> None:
    image = f"{registry}/private/backend:v1.0.0"

    assert resolve(image, {registry: {**ACCOUNT, "serveraddress": registry}}) == DIGEST
    with pytest.raises(ProviderError) as error:
        resolve(image, {registry: {**ACCOUNT, "password": "wrong", "serveraddress": registry}})
    assert image in str(error.value)


def test_a_registry_with_an_unknown_authority_is_not_believed(registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(ProviderError, match="cannot ask"):
        resolve(f"{registry}/shop/backend:v1.0.0", {})


def test_a_registry_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ProviderError, match=r"cannot ask 127\.0\.0\.1:1 for the image"):
        resolve("127.0.0.1:1/shop/backend:v1", {})


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("nginx", ("registry-1.docker.io", "library/nginx", "latest")),
        ("shop/app:v1", ("registry-1.docker.io", "shop/app", "v1")),
        ("192.0.2.1/shop/app:v1", ("192.0.2.1", "shop/app", "v1")),
        ("localhost:5000/app", ("localhost:5000", "app", "latest")),
        (f"ghcr.io/shop/app:v1@{DIGEST}", ("ghcr.io", "shop/app", DIGEST)),
    ],
)
def test_names_are_read_as_docker_reads_them(name: str, parts: tuple[str, str, str]) -> None:
    assert parse(name) == parts
