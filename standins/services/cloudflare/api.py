"""Cloudflare's HTTP API as far as the platform uses it; each concern answers for its own paths."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from flask import Blueprint, Flask, Response, jsonify, request

from standins.services.cloudflare import (
    dnssec,
    ip_ranges,
    origin_pulls,
    record_routes,
    rulesets,
    tokens,
    zone_settings,
    zones,
)
from standins.services.cloudflare.envelope import RefusalError
from standins.services.cloudflare.store import Store

PREFIX = "/client/v4"


def application(store: Store, token: str, healthy: Callable[[], bool], plan: str = "free") -> Flask:
    """Make the API over a store of zones; every path but /health and the address ranges demands the token.

    `plan` is what a new zone is on; its subscription changes it.
    """
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider, which is what a new app has
    public = Blueprint("public", __name__)
    ip_ranges.serve(public)
    app.register_blueprint(public, url_prefix=PREFIX)
    app.register_blueprint(_private(store, token, plan), url_prefix=PREFIX)

    @app.get("/health")
    def health() -> tuple[Response, int]:
        return (jsonify(status="healthy"), 200) if healthy() else (jsonify(status="unhealthy"), 503)

    @app.errorhandler(RefusalError)
    def refused(refusal: RefusalError) -> tuple[Response, int]:
        return jsonify(refusal.body), refusal.status

    @app.errorhandler(404)
    @app.errorhandler(405)
    def unrouted(_: Exception) -> tuple[Response, int]:
        return refused(
            RefusalError(404, 7003, f"Could not route to {request.path}, perhaps your object identifier is invalid?")
        )

    return app


def _private(store: Store, token: str, plan: str) -> Blueprint:
    api = Blueprint("private", __name__)

    @api.before_request
    def authenticate() -> None:
        _check_token(request.headers.get("Authorization"), token, request.path)

    tokens.serve(api)
    zones.serve(api, store, plan)
    for concern in (dnssec, origin_pulls, record_routes, rulesets, zone_settings):
        concern.serve(api, store)
    return api


def _check_token(header: str | None, token: str, path: str) -> None:
    if header is None:
        raise RefusalError(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
    scheme, _, given = header.partition(" ")
    if scheme != "Bearer" or not given:
        raise RefusalError(
            400, 6003, "Invalid request headers", cause=(6111, "Invalid format for Authorization header")
        )
    if not compare_digest(given.encode(), token.encode()):
        if path.rstrip("/").endswith("/zones"):
            raise RefusalError(403, 9109, "Invalid access token")
        raise RefusalError(403, 10000, "Authentication error")
