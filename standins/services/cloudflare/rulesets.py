"""The rulesets of a Cloudflare zone: one entry point a phase, replaced whole, with a version that counts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from standins.services.cloudflare import rules
from standins.services.cloudflare.envelope import RefusalError, body, entry, now, success
from standins.services.cloudflare.plans import Plan
from standins.services.cloudflare.rule_refusals import INVALID
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import plan_of, zone_of

_OWN = ("id", "last_updated", "version")


def serve(api: Blueprint, store: Store) -> None:
    """Add the routes of a zone's rulesets."""

    @api.get("/zones/<zone_id>/rulesets")
    def list_rulesets(zone_id: str) -> dict[str, Any]:
        rulesets = zone_of(store.read(), zone_id)["rulesets"].values()
        return success([{key: value for key, value in ruleset.items() if key != "rules"} for ruleset in rulesets])

    @api.post("/zones/<zone_id>/rulesets")
    def create_ruleset(zone_id: str) -> dict[str, Any]:
        given = body()
        with store.change() as document:
            zone = zone_of(document, zone_id)
            _check_kind(given)
            if _of_phase(zone, given["phase"]) is not None:
                reason = f"exceeded maximum number of zone rulesets for phase {given['phase']}"
                message = f"'zone' is not a valid value for kind because {reason}"
                raise RefusalError(400, 20217, message, pointer="/kind")
            return success(_keep(zone, given, None))

    @api.get("/zones/<zone_id>/rulesets/<ruleset_id>")
    def get_ruleset(zone_id: str, ruleset_id: str) -> dict[str, Any]:
        return success(_ruleset(zone_of(store.read(), zone_id), ruleset_id))

    @api.put("/zones/<zone_id>/rulesets/<ruleset_id>")
    def replace_ruleset(zone_id: str, ruleset_id: str) -> dict[str, Any]:
        given = body()
        with store.change() as document:
            zone = zone_of(document, zone_id)
            old = _ruleset(zone, ruleset_id)
            for key in ("kind", "phase"):
                if given.get(key, old[key]) != old[key]:
                    raise RefusalError(400, INVALID, f"{key} cannot be changed", pointer=f"/{key}")
            return success(_keep(zone, {**given, "kind": old["kind"], "phase": old["phase"]}, old))

    @api.delete("/zones/<zone_id>/rulesets/<ruleset_id>")
    def delete_ruleset(zone_id: str, ruleset_id: str) -> tuple[str, int]:
        with store.change() as document:
            zone = zone_of(document, zone_id)
            _ruleset(zone, ruleset_id)
            del zone["rulesets"][ruleset_id]
        return "", 204

    @api.get("/zones/<zone_id>/rulesets/phases/<phase>/entrypoint")
    def get_entry_point(zone_id: str, phase: str) -> dict[str, Any]:
        entry_point = _of_phase(zone_of(store.read(), zone_id), phase)
        if entry_point is None:
            raise RefusalError(404, 10003, f"could not find entrypoint ruleset in the {phase} phase")
        return success(entry_point)

    @api.put("/zones/<zone_id>/rulesets/phases/<phase>/entrypoint")
    def put_entry_point(zone_id: str, phase: str) -> dict[str, Any]:
        given = {"name": "default", **body(), "kind": "zone", "phase": phase}
        with store.change() as document:
            zone = zone_of(document, zone_id)
            return success(_keep(zone, given, _of_phase(zone, phase)))


def ruleset(given: Mapping[str, Any], old: Mapping[str, Any] | None, plan: Plan, time: str) -> dict[str, Any]:
    """Return a ruleset as the API shows it; a rule that comes back with the same `ref` keeps its id."""
    _check(given, plan)
    before = {rule["ref"]: rule for rule in (old or {}).get("rules", [])}
    return {
        "id": old["id"] if old else secrets.token_hex(16),
        "name": given.get("name") or (old or {})["name"],
        "description": given.get("description", ""),
        "kind": "zone",
        "phase": given["phase"],
        "version": str(int(old["version"]) + 1) if old else "1",
        "last_updated": time,
        "rules": [_rule(rule, before, time) for rule in given.get("rules", [])],
    }


def _keep(zone: dict[str, Any], given: Mapping[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    new = ruleset(given, old, plan_of(zone), now())
    zone["rulesets"][new["id"]] = new
    return new


def _rule(given: Mapping[str, Any], before: Mapping[str, Any], time: str) -> dict[str, Any]:
    """Return a rule as the API shows it; one that has not changed keeps its version and its time."""
    number = secrets.token_hex(16)
    rule = {"enabled": True, "description": "", "ref": number, **given}
    if rule["action"] == "execute":
        rule["action_parameters"] = {"version": "latest", **rule["action_parameters"]}
    old = before.get(rule["ref"])
    if old is not None and _content(rule) == _content(old):
        return dict(old)
    version = str(int(old["version"]) + 1) if old else "1"
    return rule | {"id": old["id"] if old else number, "version": version, "last_updated": time}


def _content(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key not in _OWN}


def _check(given: Mapping[str, Any], plan: Plan) -> None:
    _check_kind(given)
    phase, listed = given["phase"], given.get("rules", [])
    if not isinstance(listed, list):
        raise RefusalError(400, INVALID, "a list of rules is needed", pointer="/rules")
    most = plan.rules.get(phase)
    if most is not None and len(listed) > most:
        raise RefusalError(
            400, 50001, f"exceeded the maximum number of rules in the phase {phase}: {len(listed)} out of {most}"
        )
    for index, rule in enumerate(listed):
        rules.check(rule, phase, plan, f"/rules/{index}")
    refs = [rule["ref"] for rule in listed if "ref" in rule]
    for index, ref in enumerate(refs):
        if not isinstance(ref, str) or not ref or ref in refs[:index]:
            raise RefusalError(400, INVALID, f"{ref!r} is not a unique ref", pointer=f"/rules/{index}/ref")


def _check_kind(given: Mapping[str, Any]) -> None:
    if given.get("kind") != "zone":
        reason = f"{given.get('kind')!r} is not a valid value for kind in a zone"
        raise RefusalError(400, INVALID, reason, pointer="/kind")
    if str(given.get("phase")) not in rules.ACTIONS:
        reason = f"unknown phase {given.get('phase')!r}, or none of the sandbox's"
        raise RefusalError(400, INVALID, reason, pointer="/phase")
    if not given.get("name"):
        raise RefusalError(400, INVALID, "name is required", pointer="/name")


def _of_phase(zone: Mapping[str, Any], phase: str) -> dict[str, Any] | None:
    return next((ruleset for ruleset in zone["rulesets"].values() if ruleset["phase"] == phase), None)


def _ruleset(zone: Mapping[str, Any], ruleset_id: str) -> dict[str, Any]:
    return entry(zone["rulesets"], ruleset_id, RefusalError(404, 10003, "could not find ruleset"))
