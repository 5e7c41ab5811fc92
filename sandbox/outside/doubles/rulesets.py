"""The rulesets of a Cloudflare zone: one entry point a phase, replaced whole, with a version that counts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.outside.doubles.envelope import RefusalError


def entry_point(rulesets: Mapping[str, dict[str, Any]], phase: str) -> dict[str, Any]:
    """Return the ruleset of a phase, or refuse as Cloudflare does before the first one is put."""
    found = next((ruleset for ruleset in rulesets.values() if ruleset["phase"] == phase), None)
    if found is None:
        raise RefusalError(404, 10003, f"could not find entrypoint ruleset in the {phase} phase")
    return found


def ruleset(given: Mapping[str, Any], old: Mapping[str, Any] | None, now: str) -> dict[str, Any]:
    """Return a ruleset as it is kept; a rule that comes back with the same `ref` keeps its id."""
    for key in ("phase", "rules"):
        if key not in given:
            raise RefusalError(400, 10007, f"{key} is required")
    ids = {rule["ref"]: rule["id"] for rule in (old or {}).get("rules", [])}
    version = str(int(old["version"]) + 1) if old else "1"
    return {
        "id": old["id"] if old else secrets.token_hex(16),
        "name": given.get("name", "default"),
        "description": given.get("description", ""),
        "kind": given.get("kind", "zone"),
        "phase": given["phase"],
        "version": version,
        "last_updated": now,
        "rules": [_rule(rule, ids, version, now) for rule in given["rules"]],
    }


def _rule(given: Mapping[str, Any], ids: Mapping[str, str], version: str, now: str) -> dict[str, Any]:
    if not given.get("action") or not given.get("expression"):
        raise RefusalError(400, 20127, "a rule needs an action and an expression")
    number = ids.get(given.get("ref", ""), secrets.token_hex(16))
    return {"enabled": True, "description": "", "ref": number, **given} | {
        "id": number,
        "version": version,
        "last_updated": now,
    }
