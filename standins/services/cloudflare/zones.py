"""The zones of an account, and the plan that each one is on."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, request

from standins.services.cloudflare.envelope import RefusalError, body, entry, now, page, success
from standins.services.cloudflare.plans import PLANS, Plan, plan
from standins.services.cloudflare.store import Store

NAME_SERVERS = ("ada.ns.cloudflare.com", "bob.ns.cloudflare.com")


def serve(api: Blueprint, store: Store, first_plan: str) -> None:
    """Add the routes of zones and their subscriptions; a new zone is on the first plan."""

    @api.get("/zones")
    def list_zones() -> dict[str, Any]:
        wanted = request.args.get("name")
        zones = [zone["zone"] for zone in store.read()["zones"].values() if wanted in (None, zone["zone"]["name"])]
        return page(zones, default=20)

    @api.post("/zones")
    def create_zone() -> dict[str, Any]:
        given = body()
        name = str(given.get("name", "")).rstrip(".").lower()
        if "." not in name:
            raise RefusalError(400, 1049, f"{name or 'null'} is not a registered domain")
        if not isinstance(given.get("account"), dict) or not isinstance(given["account"].get("id"), str):
            raise RefusalError(400, 1004, "account.id is required")  # code not verified
        with store.change() as document:
            if any(zone["zone"]["name"] == name for zone in document["zones"].values()):
                raise RefusalError(400, 1061, f"{name} already exists")
            new = _new(name, given, plan(first_plan))
            document["zones"][new["id"]] = {"zone": new, "records": {}, "settings": {}, "rulesets": {}, "serial": 1}
        return success(new)

    @api.get("/zones/<zone_id>")
    def get_zone(zone_id: str) -> dict[str, Any]:
        return success(zone_of(store.read(), zone_id)["zone"])

    @api.patch("/zones/<zone_id>")
    def edit_zone(zone_id: str) -> dict[str, Any]:
        given = body()
        with store.change() as document:
            shown: dict[str, Any] = zone_of(document, zone_id)["zone"]
            shown |= {key: given[key] for key in ("paused", "type", "vanity_name_servers") if key in given}
            shown["modified_on"] = now()
        return success(shown)

    @api.delete("/zones/<zone_id>")
    def delete_zone(zone_id: str) -> dict[str, Any]:
        with store.change() as document:
            zone_of(document, zone_id)
            del document["zones"][zone_id]
        return success({"id": zone_id})

    @api.get("/zones/<zone_id>/subscription")
    def get_subscription(zone_id: str) -> dict[str, Any]:
        return success(_subscription(_paid(zone_of(store.read(), zone_id))))

    @api.put("/zones/<zone_id>/subscription")
    def change_subscription(zone_id: str) -> dict[str, Any]:
        _paid(zone_of(store.read(), zone_id))
        return subscribe(zone_id)

    @api.post("/zones/<zone_id>/subscription")
    def subscribe(zone_id: str) -> dict[str, Any]:
        asked = body().get("rate_plan")
        wanted = plan(asked.get("id") if isinstance(asked, dict) else None)
        with store.change() as document:
            zone_of(document, zone_id)["zone"]["plan"] = _plan_shown(wanted)
        return success(_subscription(wanted))


def zone_of(document: dict[str, Any], zone_id: str) -> dict[str, Any]:
    """Return what is stored of a zone: the zone as the API shows it (`zone`), its records, settings and rulesets."""
    return entry(document["zones"], zone_id, RefusalError(404, 1001, "Invalid zone identifier"))


def plan_of(zone: dict[str, Any]) -> Plan:
    """Return the plan that a zone is on."""
    return PLANS[zone["zone"]["plan"]["legacy_id"]]


def _paid(zone: dict[str, Any]) -> Plan:
    """Return the plan that a zone is subscribed to; a zone on the free plan has no subscription."""
    subscribed = plan_of(zone)
    if not subscribed.is_paid:
        raise RefusalError(404, 1207, "Add a core subscription first")
    return subscribed


def _new(name: str, given: dict[str, Any], chosen: Plan) -> dict[str, Any]:
    time = now()
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
        "account": {"id": given["account"]["id"], "name": "sandbox"},
        "owner": {"id": None, "type": "user", "name": None},
        "plan": _plan_shown(chosen),
        "meta": {"page_rule_quota": 3},
        "permissions": [],
        "created_on": time,
        "modified_on": time,
        "activated_on": time,
    }


def _plan_shown(chosen: Plan) -> dict[str, Any]:
    return {"id": chosen.id, "name": chosen.name, "legacy_id": chosen.id, "is_subscribed": chosen.is_paid}


def _subscription(chosen: Plan) -> dict[str, Any]:
    return {
        "rate_plan": {"id": chosen.id, "public_name": chosen.name, "scope": "zone", "is_contract": False},
        "frequency": "monthly" if chosen.is_paid else "not-applicable",
        "state": "Paid",
        "currency": "USD",
    }
