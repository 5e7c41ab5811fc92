"""The rules of a ruleset: what the real plugin refuses of them, and their form in the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from standins.cloudflare.account import snake
from standins.provider.changes import general
from standins.provider.schema import Failure, join
from standins.provider.wire import UNKNOWN, Plain, objects, walk

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
_NOT_EMPTY = frozenset({"name", "rules.expression", "rules.ref", "rules.ratelimit.characteristics"})
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
        place, where = general(path), reduce(join, path, "")
        if value is UNKNOWN:
            continue
        if place in _CHOICES and not isinstance(value, dict | list) and value not in _CHOICES[place]:
            shown = "400 to 499" if place.endswith("response.statusCode") else ", ".join(map(str, _CHOICES[place]))
            yield where, f"expected one of {shown}"
        if place in _IDS and isinstance(value, str) and not re.fullmatch(r"[0-9a-f]{32}", value):
            yield where, "expected 32 hexadecimal digits"
        if place in _NOT_EMPTY and value in ("", []):
            yield where, "must not be empty"
    for index, rule in objects(inputs.get("rules")):
        yield from _parameters(rule, f"rules[{index}]")


def to_api(rule: Plain) -> Plain:
    """Write a rule as the API takes it."""
    api_rule: Plain = _written(rule, _to_api)
    return api_rule


def read(inputs: list[Plain], actual: list[Plain]) -> list[Plain]:
    """Return the API's rules in the form of the inputs, without what Cloudflare fills in where they say nothing."""
    by_ref = {rule["ref"]: rule for rule in inputs if "ref" in rule}
    rules = []
    for index, api_rule in enumerate(actual):
        rule = {key: value for key, value in _written(api_rule, _from_api).items() if key not in _COMPUTED}
        unnamed = inputs[index] if index < len(inputs) and "ref" not in inputs[index] else {}
        wanted = by_ref.get(rule["ref"]) or unnamed
        if wanted and "ref" not in wanted:
            del rule["ref"]
        if rule["action"] == "execute" and isinstance(rule.get("actionParameters"), dict):
            rule["actionParameters"].pop("version", None)  # the real plugin has no such property
        rules.append(_without_defaults(rule, wanted) if wanted else rule)
    return rules


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


def _written(value: Any, name: Callable[[str], str]) -> Any:
    """Return a value with the names of all its properties written by a function."""
    if isinstance(value, dict):
        return {name(key): _written(item, name) for key, item in value.items()}
    return [_written(item, name) for item in value] if isinstance(value, list) else value


def _to_api(name: str) -> str:
    return _SINGULAR.get(name) or snake(name)


def _from_api(name: str) -> str:
    head, *tail = name.split("_")
    return _PLURAL.get(name) or head + "".join(part.capitalize() for part in tail)


def _without_defaults(rule: Plain, wanted: Plain) -> Plain:
    """Leave out what has the default value and is not in the inputs."""
    result = {}
    for key, value in rule.items():
        if key not in wanted and key in _DEFAULTS and value == _DEFAULTS[key]:
            continue
        inner = wanted.get(key)
        result[key] = _without_defaults(value, inner) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result
