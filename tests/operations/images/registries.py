"""A registry of a few lines on loopback: public images, images behind either login, images of several platforms."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from operations.images.registry import Login

LOGIN = Login("robot", "canary-of-a-registry-token")
_TICKET = "ticket"


def digest_of(content: bytes) -> str:
    """Return the digest of a blob or manifest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """What it holds, by the path below /v2/, and who asked for what with which login."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.address = ""
        self.realm = ""
        """Where it has a token asked for."""

    def push(self, repository: str, tag: str, made: str | None, *, platforms: int = 0) -> str:
        """Put an image under a tag and return its digest."""
        config = json.dumps({"created": made} if made else {}).encode()
        self.held[f"{repository}/blobs/{digest_of(config)}"] = config
        manifest = json.dumps({"config": {"digest": digest_of(config)}, "layers": []}).encode()
        self.held[f"{repository}/manifests/{digest_of(manifest)}"] = manifest
        if platforms:
            entry = {"digest": digest_of(manifest), "platform": {"os": "linux", "architecture": "amd64"}}
            words = {"digest": digest_of(b"signature"), "platform": {"os": "unknown", "architecture": "unknown"}}
            manifest = json.dumps({"manifests": [words, *[entry] * platforms]}).encode()
        for reference in (tag, digest_of(manifest)):
            self.held[f"{repository}/manifests/{reference}"] = manifest
        return digest_of(manifest)


@contextmanager
def on_loopback() -> Iterator[Registry]:
    """Lend a registry that listens."""
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.headers["Authorization"]
            registry.asked.append((self.path, sent))
            basic = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
            path = self.path.removeprefix("/v2/")
            if self.path.startswith("/token"):
                self._answer(*((200, json.dumps({"token": _TICKET}).encode()) if sent == basic else (401, b"")))
            elif path.startswith("behind-basic/") and sent != basic:
                self._answer(401, b"", **{"WWW-Authenticate": 'Basic realm="images"'})
            elif path.startswith("behind-token/") and sent != f"Bearer {_TICKET}":
                realm = f'Bearer realm="{registry.realm}",service="here",scope="repository:x:pull"'
                self._answer(401, b"", **{"WWW-Authenticate": realm})
            elif path.startswith("overloaded/"):
                self._answer(503, b"")
            elif "/blobs/" in path and not path.startswith("elsewhere/"):
                # As large registries do: the content lies elsewhere, and the address says who may have it.
                registry.held[f"elsewhere/blobs/{path.rpartition('/')[2]}"] = registry.held[path]
                self._answer(307, b"", Location=f"/v2/elsewhere/blobs/{path.rpartition('/')[2]}")
            elif path in registry.held:
                self._answer(200, registry.held[path])
            else:
                self._answer(404, b"")

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.address = f"127.0.0.1:{server.server_port}"
        registry.realm = f"http://{registry.address}/token"
        # It looks so often, in seconds, whether it is to end: every test has one of its own.
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield registry
        server.shutdown()
