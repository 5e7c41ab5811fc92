"""The rules of a ruleset: what the real plugin refuses of them, and their form in the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from standins.cloudflare.account import snake
from standins.provider.changes import general
from standins.provider.schema import Failure, join
from standins.provider.wire import UNKNOWN, Plain, walk

_PHASES = (
    *("ddos_l4", "ddos_l7", "http_config_settings", "http_custom_errors", "http_log_custom_fields", "http_ratelimit"),
    *("http_request_cache_settings", "http_request_dynamic_redirect", "http_request_firewall_custom"),
    *("http_request_firewall_managed", "http_request_late_transform", "http_request_origin", "http_request_redirect"),
    *("http_request_sanitize", "http_request_sbfm", "http_request_transform", "http_response_cache_settings"),
    *("http_response_compression", "http_response_firewall_managed", "http_response_headers_transform"),
    *("magic_transit", "magic_transit_ids_managed", "magic_transit_managed", "magic_transit_ratelimit"),
)
_ACTIONS = (
    *("block", "challenge", "compress_response", "ddos_dynamic", "execute", "force_connection_close", "js_challenge"),
    *("log", "log_custom_field", "managed_challenge", "redirect", "rewrite", "route", "score", "serve_error"),
    *("set_cache_control", "set_cache_settings", "set_cache_tags", "set_config", "skip"),
)
_PARAMETERS = "rules.actionParameters"
_SENSITIVITIES = ("default", "medium", "low", "eoff")
# The validators of the real plugin (terraform-provider-cloudflare 5, internal/services/ruleset/schema.go).
_CHOICES: dict[str, tuple[object, ...]] = {
    "kind": ("managed", "custom", "root", "zone"),
    "phase": _PHASES,
    "rules.action": _ACTIONS,
    f"{_PARAMETERS}.browserTtl.mode": ("respect_origin", "bypass_by_default", "override_origin", "bypass"),
    f"{_PARAMETERS}.edgeTtl.mode": ("respect_origin", "bypass_by_default", "override_origin"),
    f"{_PARAMETERS}.fromValue.statusCode": (301, 302, 303, 307, 308),
    f"{_PARAMETERS}.overrides.sensitivityLevel": _SENSITIVITIES,
    f"{_PARAMETERS}.overrides.categories.sensitivityLevel": _SENSITIVITIES,
    f"{_PARAMETERS}.overrides.rules.sensitivityLevel": _SENSITIVITIES,
    f"{_PARAMETERS}.response.statusCode": tuple(range(400, 500)),
    f"{_PARAMETERS}.ssl": ("off", "flexible", "full", "strict", "origin_pull"),
}
_FILLED = frozenset({"name", "rules.expression", "rules.ref", "rules.ratelimit.characteristics"})
_IDS = frozenset({"zoneId", f"{_PARAMETERS}.id", f"{_PARAMETERS}.overrides.rules.id"})
# The action that a parameter needs; the stand-in does no others.
_OWNERS = {
    **dict.fromkeys(("id", "overrides"), "execute"),
    **dict.fromkeys(("phases", "products", "ruleset"), "skip"),
    **dict.fromkeys(("browserTtl", "cache", "cacheKey", "edgeTtl", "originCacheControl"), "set_cache_settings"),
    **dict.fromkeys(("originErrorPagePassthru", "respectStrongEtags", "serveStale"), "set_cache_settings"),
    **dict.fromkeys(("automaticHttpsRewrites", "bic", "emailObfuscation", "rocketLoader"), "set_config"),
    **dict.fromkeys(("opportunisticEncryption", "securityLevel", "ssl"), "set_config"),
    "fromValue": "redirect",
    "response": "block",
}
_CACHE_KEY = frozenset({"cacheDeceptionArmor", "ignoreQueryStringsOrder"})
# Lists that the real plugin names in the plural.
_SINGULAR = {"statusCodeTtls": "status_code_ttl"}
_PLURAL = {name: plural for plural, name in _SINGULAR.items()}
_COMPUTED = frozenset({"id", "lastUpdated", "version"})
# What Cloudflare fills in, and the real plugin too: no difference where the program does not say it.
_DEFAULTS: Plain = {"description": "", "enabled": True, "requestsToOrigin": False}


def failures(inputs: Plain) -> Iterator[Failure]:
    """Yield what the real plugin refuses before it asks Cloudflare, and what the stand-in does not do."""
    for path, value in walk(inputs):
        place = general(path)
        where = ""
        for key in path:
            where = join(where, key)
        if value is UNKNOWN:
            continue
        if place in _CHOICES and not isinstance(value, dict | list) and value not in _CHOICES[place]:
            shown = "400 to 499" if place.endswith("response.statusCode") else ", ".join(map(str, _CHOICES[place]))
            yield where, f"expected one of {shown}"
        if place in _IDS and isinstance(value, str) and not re.fullmatch(r"[0-9a-f]{32}", value):
            yield where, "expected 32 hexadecimal digits"
        if place in _FILLED and value in ("", []):
            yield where, "must not be empty"
    rules = inputs.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            yield from _parameters(rule, f"rules[{index}]")


def to_api(rule: Plain) -> Plain:
    """Write a rule as the API takes it."""
    written: Plain = _written(rule)
    return written


def read(given: list[Plain], found: list[Plain]) -> list[Plain]:
    """Return the rules that the API shows, without what it only fills in, each compared with the given one's `ref`."""
    known = {rule["ref"]: rule for rule in given if "ref" in rule}
    kept = []
    for index, rule in enumerate(found):
        now = _unwritten(rule)
        before = known.get(now["ref"]) or (given[index] if index < len(given) and "ref" not in given[index] else {})
        if before and "ref" not in before:
            del now["ref"]
        now = {key: value for key, value in now.items() if key not in _COMPUTED}
        if now["action"] == "execute" and isinstance(now.get("actionParameters"), dict):
            now["actionParameters"].pop("version", None)  # the real plugin has no such property
        kept.append(_pruned(now, before) if before else now)
    return kept


def _parameters(rule: Plain, place: str) -> Iterator[Failure]:
    parameters, action = rule.get("actionParameters"), rule.get("action")
    if not isinstance(parameters, dict):
        return
    for name in sorted(parameters):
        where = f"{place}.actionParameters.{name}"
        if name not in _OWNERS:
            yield where, "the sandbox's stand-in does not do this"
        elif action not in (UNKNOWN, _OWNERS[name]):
            yield where, f"belongs to the action {_OWNERS[name]}"
    key = parameters.get("cacheKey")
    for name in sorted(key.keys() - _CACHE_KEY) if isinstance(key, dict) else ():
        yield f"{place}.actionParameters.cacheKey.{name}", "the sandbox's stand-in does not do this"


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {_SINGULAR.get(key, snake(key)): _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list) else value


def _unwritten(value: Any) -> Any:
    if isinstance(value, dict):
        return {_PLURAL.get(key, _camel(key)): _unwritten(item) for key, item in value.items()}
    return [_unwritten(item) for item in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _pruned(found: Plain, given: Plain) -> Plain:
    """Drop what is not given and has the default anyhow."""
    kept = {}
    for key, value in found.items():
        if key not in given and key in _DEFAULTS and value == _DEFAULTS[key]:
            continue
        inner = given.get(key)
        kept[key] = _pruned(value, inner) if isinstance(value, dict) and isinstance(inner, dict) else value
    return kept
