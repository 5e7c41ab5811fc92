"""Cloudflare in one process: the HTTP API, and the DNS server that answers from its zones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from standins.services.cloudflare import api, dns
from standins.services.cloudflare.store import Store
from standins.services.serving import serving

ZONES = Path("/data/zones.json")
TOKEN = Path("/run/secrets/cloudflare_api_token")


def application() -> Flask:
    """Start the DNS server and make the API: what the container runs."""
    store = Store(ZONES)
    dns.serve(store, "0.0.0.0", 53)  # noqa: S104  the container's own network, where the box asks
    return api.application(store, TOKEN.read_text().strip(), healthy=lambda: dns.answers("127.0.0.1", 53))


@contextmanager
def on_loopback(token: str, plan: str = "free") -> Iterator[str]:
    """Serve an empty account of its own, without DNS, while the block lasts; yield the API's URL.

    `plan` is what a new zone is on.
    """
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "zones.json")
        with serving(api.application(store, token, healthy=lambda: True, plan=plan)) as base:
            yield f"{base}{api.PREFIX}"
