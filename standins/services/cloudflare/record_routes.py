"""The paths of DNS records."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, request

from standins.services.cloudflare.envelope import RefusalError, body, now, page, success
from standins.services.cloudflare.records import record
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import zone


def serve(api: Blueprint, store: Store) -> None:
    """Answer for the records of a zone."""

    @api.get("/zones/<zone_id>/dns_records")
    def list_records(zone_id: str) -> dict[str, Any]:
        filters = {
            key: value.lower() if key == "name" else value
            for key in ("name", "type", "content")
            if (value := request.args.get(key) or request.args.get(f"{key}.exact"))
        }
        found = [
            kept
            for kept in zone(store.read(), zone_id)["records"].values()
            if all(kept[key] == value for key, value in filters.items())
        ]
        return page(found, default=100)

    @api.post("/zones/<zone_id>/dns_records")
    def create_record(zone_id: str) -> dict[str, Any]:
        return _keep(zone_id, secrets.token_hex(16), body(), created=now())

    @api.get("/zones/<zone_id>/dns_records/<record_id>")
    def get_record(zone_id: str, record_id: str) -> dict[str, Any]:
        return success(_record(zone(store.read(), zone_id), record_id))

    @api.put("/zones/<zone_id>/dns_records/<record_id>")
    def replace_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old = _record(zone(store.read(), zone_id), record_id)
        return _keep(zone_id, record_id, body(), created=old["created_on"])

    @api.patch("/zones/<zone_id>/dns_records/<record_id>")
    def edit_record(zone_id: str, record_id: str) -> dict[str, Any]:
        old, given = _record(zone(store.read(), zone_id), record_id), body()
        stale = {"content"} & (old.keys() - given.keys()) if "data" in given else set()
        kept = {key: value for key, value in old.items() if key not in stale}
        return _keep(zone_id, record_id, kept | given, created=old["created_on"])

    @api.delete("/zones/<zone_id>/dns_records/<record_id>")
    def delete_record(zone_id: str, record_id: str) -> dict[str, Any]:
        with store.change() as document:
            kept = zone(document, zone_id)
            _record(kept, record_id)
            del kept["records"][record_id]
            kept["serial"] += 1
        return success({"id": record_id})

    def _keep(zone_id: str, record_id: str, given: dict[str, Any], created: str) -> dict[str, Any]:
        with store.change() as document:
            whole = zone(document, zone_id)
            others = [other for number, other in whole["records"].items() if number != record_id]
            kept = record(given, whole["zone"]["name"], others)
            kept = {"id": record_id, **kept, "created_on": created, "modified_on": now()}
            whole["records"][record_id] = kept
            whole["serial"] += 1
        return success(kept)


def _record(kept: dict[str, Any], record_id: str) -> dict[str, Any]:
    if record_id not in kept["records"]:
        raise RefusalError(404, 81044, "Record does not exist.")
    found: dict[str, Any] = kept["records"][record_id]
    return found
