"""The settings of a Cloudflare zone: their defaults, the values that each accepts, the plans that may change it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from standins.services.cloudflare.envelope import RefusalError, body, now, success
from standins.services.cloudflare.plans import Plan
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import plan_of, zone

_OFF, _ON = ("off", "on"), ("on", "off")
_CACHE_SECONDS = (
    *(14400, 0, 30, 60, 120, 300, 1200, 1800, 3600, 7200, 10800, 18000, 28800, 43200, 57600, 72000, 86400),
    *(172800, 259200, 345600, 432000, 691200, 1382400, 2073600, 2678400, 5356800, 16070400, 31536000),
)
_CHALLENGE_SECONDS = (
    *(1800, 300, 900, 2700, 3600, 7200, 10800, 14400, 28800, 57600, 86400, 604800, 2592000, 31536000),
)

# The default stands first.
_CHOICES: dict[str, tuple[object, ...]] = {
    "0rtt": _OFF,
    "always_online": _OFF,
    "always_use_https": _OFF,
    "automatic_https_rewrites": _ON,
    "brotli": _ON,
    "browser_cache_ttl": _CACHE_SECONDS,
    "browser_check": _ON,
    "cache_level": ("aggressive", "basic", "simplified"),
    "challenge_ttl": _CHALLENGE_SECONDS,
    "development_mode": _OFF,
    "early_hints": _OFF,
    "email_obfuscation": _ON,
    "hotlink_protection": _OFF,
    "http2": _ON,
    "http3": _ON,
    "ip_geolocation": _ON,
    "ipv6": _ON,
    "min_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "mirage": _OFF,
    "opportunistic_encryption": _ON,
    "opportunistic_onion": _ON,
    "origin_error_page_pass_thru": _OFF,
    "polish": ("off", "lossless", "lossy"),
    "prefetch_preload": _OFF,
    "privacy_pass": _ON,
    "pseudo_ipv4": ("off", "add_header", "overwrite_header"),
    "replace_insecure_js": _ON,
    "response_buffering": _OFF,
    "rocket_loader": _OFF,
    "security_level": ("medium", "off", "essentially_off", "low", "high", "under_attack"),
    "sort_query_string_for_cache": _OFF,
    "ssl": ("full", "off", "flexible", "strict", "origin_pull"),
    "tls_1_3": ("on", "off", "zrt"),
    "tls_client_auth": _OFF,
    "true_client_ip_header": _OFF,
    "webp": _OFF,
    "websockets": _ON,
}
_STRICT_TRANSPORT: dict[str, object] = {
    "enabled": False,
    "max_age": 0,
    "include_subdomains": False,
    "preload": False,
    "nosniff": False,
}
_FREE_FORM: dict[str, object] = {
    "ciphers": [],
    "security_header": {"strict_transport_security": _STRICT_TRANSPORT},
}
DEFAULTS: dict[str, object] = {name: choices[0] for name, choices in _CHOICES.items()} | _FREE_FORM

# A free zone may not even set http2 to the `on` that it has ("Domains on Free plans cannot disable HTTP/2").
_PAID_ONLY = frozenset({"http2", "mirage", "polish", "webp"})
_ENTERPRISE_ONLY = frozenset(
    {"origin_error_page_pass_thru", "prefetch_preload", "response_buffering", "sort_query_string_for_cache"}
    | {"true_client_ip_header"}
)


def serve(api: Blueprint, store: Store) -> None:
    """Answer for the settings of a zone."""

    @api.get("/zones/<zone_id>/settings")
    def list_settings(zone_id: str) -> dict[str, Any]:
        kept = zone(store.read(), zone_id)
        return success([_shown(name, kept) for name in sorted(DEFAULTS)])

    @api.get("/zones/<zone_id>/settings/<name>")
    def get_setting(zone_id: str, name: str) -> dict[str, Any]:
        return success(_shown(name, zone(store.read(), zone_id)))

    @api.patch("/zones/<zone_id>/settings/<name>")
    def edit_setting(zone_id: str, name: str) -> dict[str, Any]:
        given = body().get("value")
        with store.change() as document:
            kept = zone(document, zone_id)
            value = checked(name, given, plan_of(kept))
            kept["settings"][name] = {"value": value, "modified_on": now()}
        return success(_shown(name, kept))


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


def _shown(name: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Return one setting as the API shows it: what was chosen, or the default."""
    _check_name(name)
    chosen = kept["settings"].get(name, {"value": DEFAULTS[name], "modified_on": None})
    return {"id": name, "editable": _is_editable(name, plan_of(kept)), **chosen}


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
