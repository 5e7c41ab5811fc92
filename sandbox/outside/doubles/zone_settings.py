"""The settings of a Cloudflare zone: their defaults and the values that each accepts."""

from __future__ import annotations

from typing import Any

from sandbox.outside.doubles.envelope import RefusalError

_SWITCH = ("off", "on")

# The default stands first.
_CHOICES: dict[str, tuple[object, ...]] = {
    "0rtt": _SWITCH,
    "always_online": _SWITCH,
    "always_use_https": _SWITCH,
    "automatic_https_rewrites": ("on", "off"),
    "brotli": ("on", "off"),
    "browser_check": ("on", "off"),
    "cache_level": ("aggressive", "basic", "simplified"),
    "development_mode": _SWITCH,
    "email_obfuscation": ("on", "off"),
    "hotlink_protection": _SWITCH,
    "http3": ("on", "off"),
    "ip_geolocation": ("on", "off"),
    "ipv6": ("on", "off"),
    "min_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "opportunistic_encryption": ("on", "off"),
    "opportunistic_onion": ("on", "off"),
    "privacy_pass": ("on", "off"),
    "rocket_loader": _SWITCH,
    "security_level": ("medium", "off", "essentially_off", "low", "high", "under_attack"),
    "ssl": ("full", "off", "flexible", "strict", "origin_pull"),
    "tls_1_3": ("on", "off", "zrt"),
    "tls_client_auth": _SWITCH,
    "websockets": ("on", "off"),
}
_FREE_FORM: dict[str, object] = {
    "browser_cache_ttl": 14400,
    "challenge_ttl": 1800,
    "ciphers": [],
    "security_header": {
        "strict_transport_security": {
            "enabled": False,
            "max_age": 0,
            "include_subdomains": False,
            "preload": False,
            "nosniff": False,
        }
    },
}
DEFAULTS: dict[str, object] = {name: choices[0] for name, choices in _CHOICES.items()} | _FREE_FORM


def setting(name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return one setting as the API shows it: what was chosen, or the default."""
    _check_name(name)
    kept = chosen.get(name, {"value": DEFAULTS[name], "modified_on": None})
    return {"id": name, "editable": True, **kept}


def check(name: str, value: object) -> None:
    """Refuse a setting that Cloudflare does not know, or a value that it does not accept."""
    _check_name(name)
    accepted = value in _CHOICES[name] if name in _CHOICES else type(value) is type(_FREE_FORM[name])
    if not accepted:
        raise RefusalError(400, 1007, f"Invalid value for zone setting {name}")


def _check_name(name: str) -> None:
    if name not in DEFAULTS:
        raise RefusalError(400, 1006, f"Unrecognized zone setting name: {name}")
