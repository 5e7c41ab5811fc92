"""Cloudflare in one process: the HTTP API, and the DNS server that answers from its zones."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from sandbox.outside.doubles import cloudflare_api, dns
from sandbox.outside.doubles.store import Store

ZONES = Path("/data/zones.json")
TOKEN = Path("/run/secrets/cloudflare_api_token")


def application() -> Flask:
    """Start the DNS server and make the API."""
    store = Store(ZONES, {"zones": {}})
    dns.serve(store, "0.0.0.0", 53)  # noqa: S104  the container's own network, where the box asks
    return cloudflare_api.application(store, TOKEN.read_text().strip(), healthy=lambda: dns.answers("127.0.0.1", 53))
