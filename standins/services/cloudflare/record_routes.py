"""The paths of DNS records."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, request

from standins.services.cloudflare.envelope import RefusalError, body, entry, now, page, success
from standins.services.cloudflare.records import record
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import zone_of


def serve(api: Blueprint, store: Store) -> None:
    """Add the routes of a zone's records."""

    @api.get("/zones/<zone_id>/dns_records")
    def list_records(zone_id: str) -> dict[str, Any]:
        filters = {
            key: value.lower() if key == "name" else value
            for key in ("name", "type", "content")
            if (value := request.args.get(key) or request.args.get(f"{key}.exact"))
        }
        records = zone_of(store.read(), zone_id)["records"].values()
        matching = [record for record in records if all(record[key] == value for key, value in filters.items())]
        return page(matching, default=100)

    @api.post("/zones/<zone_id>/dns_records")
    def create_record(zone_id: str) -> dict[str, Any]:
        return _store(zone_id, secrets.token_hex(16), body(), created=now())

    @api.get("/zones/<zone_id>/dns_records/<record_id>")
    def get_record(zone_id: str, record_id: str) -> dict[str, Any]:
        return success(_record(zone_of(store.read(), zone_id), record_id))

    @api.put("/zones/<zone_id>/dns_records/<record_id>")
    def replace_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old = _record(zone_of(store.read(), zone_id), record_id)
        return _store(zone_id, record_id, body(), created=old["created_on"])

    @api.patch("/zones/<zone_id>/dns_records/<record_id>")
    def edit_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old, given = _record(zone_of(store.read(), zone_id), record_id), body()
        stale = {"content"} & (old.keys() - given.keys()) if "data" in given else set()
        remaining = {key: value for key, value in old.items() if key not in stale}
        return _store(zone_id, record_id, remaining | given, created=old["created_on"])

    @api.delete("/zones/<zone_id>/dns_records/<record_id>")
    def delete_record(zone_id: str, record_id: str) -> dict[str, Any]:
        with store.change() as document:
            zone = zone_of(document, zone_id)
            _record(zone, record_id)
            del zone["records"][record_id]
            zone["serial"] += 1
        return success({"id": record_id})

    def _store(zone_id: str, record_id: str, given: dict[str, Any], created: str) -> dict[str, Any]:
        with store.change() as document:
            zone = zone_of(document, zone_id)
            others = [other for number, other in zone["records"].items() if number != record_id]
            settings = record(given, zone["zone"]["name"], others)
            stored = {"id": record_id, **settings, "created_on": created, "modified_on": now()}
            zone["records"][record_id] = stored
            zone["serial"] += 1
        return success(stored)


def _record(zone: dict[str, Any], record_id: str) -> dict[str, Any]:
    return entry(zone["records"], record_id, RefusalError(404, 81044, "Record does not exist."))
