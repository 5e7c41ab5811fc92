"""The settings of a Cloudflare zone: their defaults, the values that each accepts, the plans that may change it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from standins.services.cloudflare.envelope import RefusalError, body, now, success
from standins.services.cloudflare.plans import Plan
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import plan_of, zone_of

_OFF, _ON = ("off", "on"), ("on", "off")
_CACHE_SECONDS = (
    *(14400, 0, 30, 60, 120, 300, 1200, 1800, 3600, 7200, 10800, 18000, 28800, 43200, 57600, 72000, 86400),
    *(172800, 259200, 345600, 432000, 691200, 1382400, 2073600, 2678400, 5356800, 16070400, 31536000),
)
_CHALLENGE_SECONDS = (
    *(1800, 300, 900, 2700, 3600, 7200, 10800, 14400, 28800, 57600, 86400, 604800, 2592000, 31536000),
)

# The settings that the program, the policies and the tests use; the default stands first.
_CHOICES: dict[str, tuple[object, ...]] = {
    "0rtt": _OFF,
    "always_use_https": _OFF,
    "automatic_https_rewrites": _ON,
    "brotli": _ON,
    "browser_cache_ttl": _CACHE_SECONDS,
    "challenge_ttl": _CHALLENGE_SECONDS,
    "development_mode": _OFF,
    "http2": _ON,
    "http3": _ON,
    "ipv6": _ON,
    "min_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "polish": ("off", "lossless", "lossy"),
    "security_level": ("medium", "off", "essentially_off", "low", "high", "under_attack"),
    "ssl": ("full", "off", "flexible", "strict", "origin_pull"),
    "tls_1_3": ("on", "off", "zrt"),
    "true_client_ip_header": _OFF,
}
_STRICT_TRANSPORT: dict[str, object] = {
    "enabled": False,
    "max_age": 0,
    "include_subdomains": False,
    "preload": False,
    "nosniff": False,
}
_FREE_FORM: dict[str, object] = {"ciphers": [], "security_header": {"strict_transport_security": _STRICT_TRANSPORT}}
DEFAULTS: dict[str, object] = {name: choices[0] for name, choices in _CHOICES.items()} | _FREE_FORM

# A free zone may not even set http2 to the `on` that it has ("Domains on Free plans cannot disable HTTP/2").
_PAID_ONLY = frozenset({"http2", "polish"})
_ENTERPRISE_ONLY = frozenset({"true_client_ip_header"})


def serve(api: Blueprint, store: Store) -> None:
    """Add the routes of a zone's settings."""

    @api.get("/zones/<zone_id>/settings/<name>")
    def get_setting(zone_id: str, name: str) -> dict[str, Any]:
        return success(_shown(name, zone_of(store.read(), zone_id)))

    @api.patch("/zones/<zone_id>/settings/<name>")
    def edit_setting(zone_id: str, name: str) -> dict[str, Any]:
        given = body().get("value")
        with store.change() as document:
            zone = zone_of(document, zone_id)
            value = checked(name, given, plan_of(zone))
            zone["settings"][name] = {"value": value, "modified_on": now()}
        return success(_shown(name, zone))


def checked(name: str, value: Any, plan: Plan) -> object:
    """Return a setting's value as it is kept; refuse what Cloudflare does not know, accept, or sell on this plan."""
    _check_name(name)
    if not _is_editable(name, plan):
        kind = "zone setting" if name in _ENTERPRISE_ONLY else "setting for"
        raise RefusalError(400, 1015, f"Not allowed to edit {kind} {name}")
    if name == "security_header":
        return _security_header(value)
    if name == "ciphers":
        # Only with Advanced Certificate Manager, which no plan brings; resetting them is always possible.
        accepted = value == []
    else:
        accepted = any(value == choice and type(value) is type(choice) for choice in _CHOICES[name])
    if not accepted:
        raise _invalid(name)
    return value


def _shown(name: str, zone: dict[str, Any]) -> dict[str, Any]:
    """Return one setting as the API shows it: what was chosen, or the default."""
    _check_name(name)
    chosen = zone["settings"].get(name, {"value": DEFAULTS[name], "modified_on": None})
    return {"id": name, "editable": _is_editable(name, plan_of(zone)), **chosen}


def _is_editable(name: str, plan: Plan) -> bool:
    return name not in _ENTERPRISE_ONLY and (plan.is_paid or name not in _PAID_ONLY)


def _security_header(value: Any) -> object:
    given = value.get("strict_transport_security") if isinstance(value, dict) else None
    if not isinstance(given, dict) or value.keys() != {"strict_transport_security"}:
        raise _invalid("security_header")
    for key, item in given.items():
        if key not in _STRICT_TRANSPORT or type(item) is not type(_STRICT_TRANSPORT[key]):
            raise _invalid("security_header")
    if given.get("max_age", 0) < 0:
        raise _invalid("security_header")
    return {"strict_transport_security": _STRICT_TRANSPORT | given}


def _invalid(name: str) -> RefusalError:
    return RefusalError(400, 1007, f"Invalid value for zone setting {name}")


def _check_name(name: str) -> None:
    if name not in DEFAULTS:
        raise RefusalError(400, 1006, f"Unrecognized zone setting name: {name}")
