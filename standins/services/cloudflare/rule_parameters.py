"""What each action of a rule takes as its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from standins.services.cloudflare import expressions
from standins.services.cloudflare.plans import DDOS_RULESET, FREE_MANAGED_RULESET, MANAGED_RULESET, OWASP_RULESET, Plan
from standins.services.cloudflare.rule_expressions import check_expression, check_use
from standins.services.cloudflare.rule_refusals import among, invalid, not_entitled, objects, only, texts

CHALLENGES = {"challenge", "js_challenge", "managed_challenge"}
_RULESETS = {
    "http_request_firewall_managed": {FREE_MANAGED_RULESET, MANAGED_RULESET, OWASP_RULESET},
    "ddos_l7": {DDOS_RULESET},
}
_SKIPPED_PHASES = {"http_ratelimit", "http_request_firewall_managed", "http_request_sbfm"}
_SKIPPED_PRODUCTS = {"bic", "hot", "rateLimit", "securityLevel", "uaBlock", "waf", "zoneLockdown"}
_SENSITIVITIES = {"default", "medium", "low", "eoff"}
_BODY_TYPES = {"application/json", "text/html", "text/plain", "text/xml"}


def check_parameters(rule: Mapping[str, Any], phase: str, plan: Plan, pointer: str) -> None:
    """Refuse the parameters of a rule whose action is known; `pointer` is their place in the request."""
    check_action: Callable[..., None] = _PARAMETERS.get(rule["action"], _none)
    check_action(rule.get("action_parameters", {}), pointer, phase=phase, plan=plan)


def _none(parameters: Mapping[str, Any], pointer: str, **_: object) -> None:
    only(parameters, set(), pointer)


def _block(parameters: Mapping[str, Any], pointer: str, **_: object) -> None:
    only(parameters, {"response"}, pointer)
    if "response" in parameters:
        response, place = parameters["response"], f"{pointer}/response"
        only(response, {"content", "content_type", "status_code"}, place)
        among(response.get("status_code"), range(400, 500), f"{place}/status_code")
        among(response.get("content_type"), _BODY_TYPES, f"{place}/content_type")
        if not response.get("content"):
            raise invalid("content is required", f"{place}/content")


def _skip(parameters: Mapping[str, Any], pointer: str, **_: object) -> None:
    only(parameters, {"phases", "products", "ruleset"}, pointer)
    if not parameters:
        raise invalid("a skip rule needs what it skips", pointer)
    among(parameters.get("ruleset", "current"), {"current"}, f"{pointer}/ruleset")
    for index, name in enumerate(texts(parameters, "phases", pointer)):
        among(name, _SKIPPED_PHASES, f"{pointer}/phases/{index}")
    for index, name in enumerate(texts(parameters, "products", pointer)):
        among(name, _SKIPPED_PRODUCTS, f"{pointer}/products/{index}")


def _execute(parameters: Mapping[str, Any], pointer: str, phase: str, plan: Plan) -> None:
    only(parameters, {"id", "overrides", "version"}, pointer)
    ruleset = parameters.get("id")
    among(ruleset, _RULESETS[phase], f"{pointer}/id")
    if ruleset not in plan.managed_rulesets:
        raise not_entitled(f" to execute the ruleset {ruleset}", f"{pointer}/id")
    overrides = parameters.get("overrides", {})
    place = f"{pointer}/overrides"
    shared = {"action", "enabled"} | ({"sensitivity_level"} if phase == "ddos_l7" else set())
    only(overrides, shared | {"categories", "rules"}, place)
    scored = {"score_threshold"} if ruleset == OWASP_RULESET else set()
    checked = [(overrides, place)]
    for index, rule in enumerate(objects(overrides, "rules", place)):
        only(rule, shared | scored | {"id"}, f"{place}/rules/{index}")
        checked.append((rule, f"{place}/rules/{index}"))
    for index, category in enumerate(objects(overrides, "categories", place)):
        only(category, shared | {"category"}, f"{place}/categories/{index}")
        checked.append((category, f"{place}/categories/{index}"))
    for override, where in checked:
        if "sensitivity_level" in override:
            among(override["sensitivity_level"], _SENSITIVITIES, f"{where}/sensitivity_level")
        if "action" in override:
            among(override["action"], {"block"} | CHALLENGES, f"{where}/action")


def _cache(parameters: Mapping[str, Any], pointer: str, plan: Plan, **_: object) -> None:
    switches = {"cache", "origin_cache_control", "origin_error_page_passthru", "respect_strong_etags"}
    only(parameters, switches | {"browser_ttl", "cache_key", "edge_ttl", "serve_stale"}, pointer)
    if not parameters:
        raise invalid("a cache rule needs a setting", pointer)
    if "edge_ttl" in parameters:
        edge, place = parameters["edge_ttl"], f"{pointer}/edge_ttl"
        only(edge, {"default", "mode", "status_code_ttl"}, place)
        among(edge.get("mode"), {"bypass_by_default", "override_origin", "respect_origin"}, f"{place}/mode")
        _ttl(edge, place, shortest=plan.shortest_edge_ttl)
        for index, answer in enumerate(objects(edge, "status_code_ttl", place)):
            _status_ttl(answer, f"{place}/status_code_ttl/{index}")
    only(
        parameters.get("cache_key", {}), {"cache_deception_armor", "ignore_query_strings_order"}, f"{pointer}/cache_key"
    )
    if "browser_ttl" in parameters:
        browser, place = parameters["browser_ttl"], f"{pointer}/browser_ttl"
        only(browser, {"default", "mode"}, place)
        modes = {"bypass", "bypass_by_default", "override_origin", "respect_origin"}
        among(browser.get("mode"), modes, f"{place}/mode")
        _ttl(browser, place, shortest=1)


def _ttl(given: Mapping[str, Any], pointer: str, shortest: int) -> None:
    if (given["mode"] == "override_origin") != ("default" in given):
        raise invalid("default belongs to the mode override_origin, which needs it", f"{pointer}/default")
    if "default" in given and type(given["default"]) is not int:
        raise invalid("a number of seconds is needed", f"{pointer}/default")
    if "default" in given and given["default"] < shortest:
        raise not_entitled(f" to use a TTL below {shortest} seconds", f"{pointer}/default")


def _status_ttl(given: Mapping[str, Any], pointer: str) -> None:
    only(given, {"status_code", "status_code_range", "value"}, pointer)
    if ("status_code" in given) == ("status_code_range" in given):
        raise invalid("either status_code or status_code_range is needed", pointer)
    span = given.get("status_code_range", {})
    only(span, {"from", "to"}, f"{pointer}/status_code_range")
    for code in (given.get("status_code"), *span.values()):
        if code is not None:
            among(code, range(100, 1000), pointer)
    if type(given.get("value")) is not int or given["value"] < -1:
        raise invalid("value must be a number of seconds, 0 for no-cache or -1 for no-store", f"{pointer}/value")


def _configuration(parameters: Mapping[str, Any], pointer: str, **_: object) -> None:
    switches = {"automatic_https_rewrites", "bic", "email_obfuscation", "opportunistic_encryption", "rocket_loader"}
    only(parameters, switches | {"security_level", "ssl"}, pointer)
    if not parameters:
        raise invalid("a configuration rule needs a setting", pointer)
    among(parameters.get("ssl", "full"), {"flexible", "full", "off", "strict"}, f"{pointer}/ssl")
    levels = {"essentially_off", "high", "low", "medium", "under_attack"}
    among(parameters.get("security_level", "medium"), levels, f"{pointer}/security_level")


def _redirect(parameters: Mapping[str, Any], pointer: str, phase: str, plan: Plan) -> None:
    only(parameters, {"from_value"}, pointer)
    given, place = parameters.get("from_value", {}), f"{pointer}/from_value"
    only(given, {"preserve_query_string", "status_code", "target_url"}, place)
    among(given.get("status_code", 302), (301, 302, 303, 307, 308), f"{place}/status_code")
    target = given.get("target_url", {})
    only(target, {"expression", "value"}, f"{place}/target_url")
    if target.keys() not in ({"value"}, {"expression"}):
        raise invalid("target_url needs either value or expression", f"{place}/target_url")
    if "expression" in target:
        where = f"{place}/target_url/expression"
        check_use(check_expression(target["expression"], expressions.text, where), phase, plan, where)


_PARAMETERS: dict[str, Callable[..., None]] = {
    "block": _block,
    "execute": _execute,
    "redirect": _redirect,
    "set_cache_settings": _cache,
    "set_config": _configuration,
    "skip": _skip,
}
