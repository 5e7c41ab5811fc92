"""Cloudflare's HTTP API as far as the platform uses it: zones, DNS records, zone settings, rulesets."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from sandbox.outside.doubles import rulesets, zone_settings
from sandbox.outside.doubles.envelope import RefusalError, page, success
from sandbox.outside.doubles.records import record
from sandbox.outside.doubles.store import Store

NAME_SERVERS = ("ada.ns.cloudflare.com", "bob.ns.cloudflare.com")


def application(store: Store, token: str, healthy: Callable[[], bool]) -> Flask:
    """Make the API over a store of zones; every path but /health demands the token."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider, which is what a new app has
    app.register_blueprint(_api(store, token), url_prefix="/client/v4")

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


def _api(store: Store, token: str) -> Blueprint:
    api = Blueprint("api", __name__)

    @api.before_request
    def authenticate() -> None:
        _check_token(request.headers.get("Authorization"), token, request.path)

    _serve_zones(api, store)
    _serve_records(api, store)
    _serve_settings(api, store)
    _serve_rulesets(api, store)
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


def _serve_zones(api: Blueprint, store: Store) -> None:
    @api.get("/zones")
    def list_zones() -> dict[str, Any]:
        wanted = request.args.get("name")
        found = [zone["zone"] for zone in store.read()["zones"].values() if wanted in (None, zone["zone"]["name"])]
        return page(found, *_page(default=20))

    @api.post("/zones")
    def create_zone() -> dict[str, Any]:
        given = _body()
        name = str(given.get("name", "")).rstrip(".").lower()
        if "." not in name:
            raise RefusalError(400, 1049, f"{name or 'null'} is not a registered domain")
        with store.change() as document:
            if any(zone["zone"]["name"] == name for zone in document["zones"].values()):
                raise RefusalError(400, 1061, f"{name} already exists")
            zone = _new_zone(name, given)
            document["zones"][zone["id"]] = {"zone": zone, "records": {}, "settings": {}, "rulesets": {}, "serial": 1}
        return success(zone)

    @api.get("/zones/<zone_id>")
    def get_zone(zone_id: str) -> dict[str, Any]:
        return success(_zone(store.read(), zone_id)["zone"])

    @api.patch("/zones/<zone_id>")
    def edit_zone(zone_id: str) -> dict[str, Any]:
        given = _body()
        with store.change() as document:
            zone: dict[str, Any] = _zone(document, zone_id)["zone"]
            zone |= {key: given[key] for key in ("paused", "type", "vanity_name_servers") if key in given}
            zone["modified_on"] = _now()
        return success(zone)

    @api.delete("/zones/<zone_id>")
    def delete_zone(zone_id: str) -> dict[str, Any]:
        with store.change() as document:
            _zone(document, zone_id)
            del document["zones"][zone_id]
        return success({"id": zone_id})


def _serve_records(api: Blueprint, store: Store) -> None:
    @api.get("/zones/<zone_id>/dns_records")
    def list_records(zone_id: str) -> dict[str, Any]:
        filters = {
            key: value.lower() if key == "name" else value
            for key in ("name", "type", "content")
            if (value := request.args.get(key) or request.args.get(f"{key}.exact"))
        }
        found = [
            kept
            for kept in _zone(store.read(), zone_id)["records"].values()
            if all(kept[key] == value for key, value in filters.items())
        ]
        return page(found, *_page(default=100))

    @api.post("/zones/<zone_id>/dns_records")
    def create_record(zone_id: str) -> dict[str, Any]:
        number = secrets.token_hex(16)
        return _keep_record(zone_id, number, _body(), created=_now())

    @api.get("/zones/<zone_id>/dns_records/<record_id>")
    def get_record(zone_id: str, record_id: str) -> dict[str, Any]:
        return success(_record(_zone(store.read(), zone_id), record_id))

    @api.put("/zones/<zone_id>/dns_records/<record_id>")
    def replace_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old = _record(_zone(store.read(), zone_id), record_id)
        return _keep_record(zone_id, record_id, _body(), created=old["created_on"])

    @api.patch("/zones/<zone_id>/dns_records/<record_id>")
    def edit_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old = _record(_zone(store.read(), zone_id), record_id)
        return _keep_record(zone_id, record_id, old | _body(), created=old["created_on"])

    @api.delete("/zones/<zone_id>/dns_records/<record_id>")
    def delete_record(zone_id: str, record_id: str) -> dict[str, Any]:
        with store.change() as document:
            zone = _zone(document, zone_id)
            _record(zone, record_id)
            del zone["records"][record_id]
            zone["serial"] += 1
        return success({"id": record_id})

    def _keep_record(zone_id: str, record_id: str, given: dict[str, Any], created: str) -> dict[str, Any]:
        with store.change() as document:
            zone = _zone(document, zone_id)
            others = [other for number, other in zone["records"].items() if number != record_id]
            kept = record(given, zone["zone"]["name"], others)
            kept = {"id": record_id, **kept, "created_on": created, "modified_on": _now()}
            zone["records"][record_id] = kept
            zone["serial"] += 1
        return success(kept)


def _serve_settings(api: Blueprint, store: Store) -> None:
    @api.get("/zones/<zone_id>/settings")
    def list_settings(zone_id: str) -> dict[str, Any]:
        chosen = _zone(store.read(), zone_id)["settings"]
        return success([zone_settings.setting(name, chosen) for name in sorted(zone_settings.DEFAULTS)])

    @api.get("/zones/<zone_id>/settings/<name>")
    def get_setting(zone_id: str, name: str) -> dict[str, Any]:
        return success(zone_settings.setting(name, _zone(store.read(), zone_id)["settings"]))

    @api.patch("/zones/<zone_id>/settings/<name>")
    def edit_setting(zone_id: str, name: str) -> dict[str, Any]:
        value = _body().get("value")
        with store.change() as document:
            chosen = _zone(document, zone_id)["settings"]
            zone_settings.check(name, value)
            chosen[name] = {"value": value, "modified_on": _now()}
        return success(zone_settings.setting(name, chosen))


def _serve_rulesets(api: Blueprint, store: Store) -> None:
    @api.get("/zones/<zone_id>/rulesets")
    def list_rulesets(zone_id: str) -> dict[str, Any]:
        kept = _zone(store.read(), zone_id)["rulesets"].values()
        return success([{key: value for key, value in each.items() if key != "rules"} for each in kept])

    @api.post("/zones/<zone_id>/rulesets")
    def create_ruleset(zone_id: str) -> dict[str, Any]:
        given = _body()
        with store.change() as document:
            kept = _zone(document, zone_id)["rulesets"]
            if any(each["phase"] == given.get("phase") for each in kept.values()):
                raise RefusalError(
                    400, 20217, f"exceeded maximum number of zone rulesets for phase {given['phase']} (1)"
                )
            new = rulesets.ruleset(given, None, _now())
            kept[new["id"]] = new
        return success(new)

    @api.get("/zones/<zone_id>/rulesets/<ruleset_id>")
    def get_ruleset(zone_id: str, ruleset_id: str) -> dict[str, Any]:
        return success(_ruleset(_zone(store.read(), zone_id), ruleset_id))

    @api.put("/zones/<zone_id>/rulesets/<ruleset_id>")
    def replace_ruleset(zone_id: str, ruleset_id: str) -> dict[str, Any]:
        given = _body()
        with store.change() as document:
            zone = _zone(document, zone_id)
            old = _ruleset(zone, ruleset_id)
            new = rulesets.ruleset({"phase": old["phase"], **given}, old, _now())
            zone["rulesets"][ruleset_id] = new
        return success(new)

    @api.delete("/zones/<zone_id>/rulesets/<ruleset_id>")
    def delete_ruleset(zone_id: str, ruleset_id: str) -> tuple[str, int]:
        with store.change() as document:
            zone = _zone(document, zone_id)
            _ruleset(zone, ruleset_id)
            del zone["rulesets"][ruleset_id]
        return "", 204

    @api.get("/zones/<zone_id>/rulesets/phases/<phase>/entrypoint")
    def get_entry_point(zone_id: str, phase: str) -> dict[str, Any]:
        return success(rulesets.entry_point(_zone(store.read(), zone_id)["rulesets"], phase))

    @api.put("/zones/<zone_id>/rulesets/phases/<phase>/entrypoint")
    def put_entry_point(zone_id: str, phase: str) -> dict[str, Any]:
        given = _body()
        with store.change() as document:
            kept = _zone(document, zone_id)["rulesets"]
            old = next((each for each in kept.values() if each["phase"] == phase), None)
            new = rulesets.ruleset({**given, "phase": phase}, old, _now())
            kept[new["id"]] = new
        return success(new)


def _body() -> dict[str, Any]:
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise RefusalError(400, 9207, "Request body is invalid.")
    return given


def _page(default: int) -> tuple[int, int]:
    number, size = request.args.get("page", "1"), request.args.get("per_page", str(default))
    if not (number.isdecimal() and size.isdecimal() and int(number) and int(size)):
        raise RefusalError(400, 1004, "page and per_page must be positive integers")
    return int(number), int(size)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _new_zone(name: str, given: dict[str, Any]) -> dict[str, Any]:
    now = _now()
    return {
        "id": secrets.token_hex(16),
        "name": name,
        # A real zone is pending until its registrar names Cloudflare's servers; here nobody else could answer.
        "status": "active",
        "paused": False,
        "type": given.get("type", "full"),
        "development_mode": 0,
        "name_servers": list(NAME_SERVERS),
        "original_name_servers": None,
        "original_registrar": None,
        "original_dnshost": None,
        "vanity_name_servers": given.get("vanity_name_servers", []),
        "account": {"id": (given.get("account") or {}).get("id"), "name": "sandbox"},
        "owner": {"id": None, "type": "user", "name": None},
        "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free Website", "legacy_id": "free"},
        "meta": {"page_rule_quota": 3},
        "permissions": [],
        "created_on": now,
        "modified_on": now,
        "activated_on": now,
    }


def _zone(document: dict[str, Any], zone_id: str) -> dict[str, Any]:
    if zone_id not in document["zones"]:
        raise RefusalError(404, 1001, "Invalid zone identifier")
    zone: dict[str, Any] = document["zones"][zone_id]
    return zone


def _record(zone: dict[str, Any], record_id: str) -> dict[str, Any]:
    if record_id not in zone["records"]:
        raise RefusalError(404, 81044, "Record does not exist.")
    kept: dict[str, Any] = zone["records"][record_id]
    return kept


def _ruleset(zone: dict[str, Any], ruleset_id: str) -> dict[str, Any]:
    if ruleset_id not in zone["rulesets"]:
        raise RefusalError(404, 10003, "could not find ruleset")
    kept: dict[str, Any] = zone["rulesets"][ruleset_id]
    return kept
