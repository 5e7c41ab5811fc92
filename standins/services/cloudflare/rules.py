"""What Cloudflare accepts as a rule in a phase, and on a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from standins.services.cloudflare import expressions
from standins.services.cloudflare.envelope import RefusalError
from standins.services.cloudflare.plans import Plan
from standins.services.cloudflare.rule_expressions import check_expression, check_use
from standins.services.cloudflare.rule_parameters import CHALLENGES, check_parameters
from standins.services.cloudflare.rule_refusals import invalid, not_entitled, only, texts

# The phases of the platform; the double has no others.
ACTIONS: dict[str, set[str]] = {
    "http_request_firewall_custom": {"block", "log", "skip"} | CHALLENGES,
    "http_ratelimit": {"block", "log"} | CHALLENGES,
    "http_request_firewall_managed": {"execute", "skip"},
    "ddos_l7": {"execute"},
    "http_config_settings": {"set_config"},
    "http_request_cache_settings": {"set_cache_settings"},
    "http_request_dynamic_redirect": {"redirect"},
}
_KEYS = {"action", "action_parameters", "description", "enabled", "expression", "id", "logging", "ratelimit", "ref"}


def check(rule: Mapping[str, Any], phase: str, plan: Plan, pointer: str) -> None:
    """Refuse a rule; `pointer` is its place in the request."""
    only(rule, _KEYS, pointer)
    action = rule.get("action")
    if not isinstance(action, str) or action not in ACTIONS[phase]:
        raise invalid(f"{action!r} is not a valid value for action in the {phase} phase", f"{pointer}/action")
    _check_entitlement(action, phase, plan, pointer)
    used = check_expression(rule.get("expression", ""), expressions.condition, f"{pointer}/expression")
    check_use(used, phase, plan, f"{pointer}/expression")
    if phase == "ddos_l7" and rule["expression"] != "true":
        raise not_entitled(" to use an expression other than true in the ddos_l7 phase", f"{pointer}/expression")
    check_parameters(rule, phase, plan, f"{pointer}/action_parameters")
    if (phase == "http_ratelimit") != ("ratelimit" in rule):
        raise invalid(f"ratelimit belongs to the rules of http_ratelimit, not of {phase}", f"{pointer}/ratelimit")
    if phase == "http_ratelimit":
        _check_rate(rule["ratelimit"], plan, f"{pointer}/ratelimit")
    if "logging" in rule and action != "skip":
        raise invalid("logging belongs to the action skip", f"{pointer}/logging")


def _check_entitlement(action: str, phase: str, plan: Plan, pointer: str) -> None:
    place = f"{pointer}/action"
    if action == "log":  # none of the double's plans has it
        raise not_entitled(" to use the log action", place)
    if phase == "http_ratelimit" and action != "block" and not plan.is_paid:
        raise not_entitled(f" to use the {action} action in ratelimiting", place)


def _check_rate(rate: Any, plan: Plan, pointer: str) -> None:
    known = {"characteristics", "counting_expression", "mitigation_timeout", "period", "requests_per_period"}
    only(rate, known | {"requests_to_origin"}, pointer)
    characteristics = texts(rate, "characteristics", pointer)
    if "cf.colo.id" not in characteristics:
        message = (
            "characteristics field is missing 'cf.colo.id', this is required as ratelimiting counting is processed"
        )
        raise RefusalError(400, 20155, f"{message} at colocation level only", pointer=f"{pointer}/characteristics")
    counted = {"ip.src"} | ({"cf.unique_visitor_id"} if plan.id == "business" else set())
    for name in sorted(set(characteristics) - counted - {"cf.colo.id"}):
        raise not_entitled(f" to use the characteristic {name}", f"{pointer}/characteristics")
    period, timeout = rate.get("period"), rate.get("mitigation_timeout", 0)
    if period not in plan.periods:
        allowed = " ".join(map(str, plan.periods))
        raise not_entitled(f" to use the period {period}, can only use a period among [{allowed}]", f"{pointer}/period")
    if timeout not in plan.timeouts:
        allowed = "10" if not plan.is_paid else " ".join(map(str, plan.timeouts))
        raise not_entitled(f" to use a mitigation timeout different from {allowed}", f"{pointer}/mitigation_timeout")
    requests = rate.get("requests_per_period")
    if type(requests) is not int or requests < 1:
        raise invalid("requests_per_period must be at least 1", f"{pointer}/requests_per_period")
    if "counting_expression" in rate:
        place = f"{pointer}/counting_expression"
        if not plan.counting_expression:
            raise not_entitled(" to use a counting expression", place)
        check_expression(rate["counting_expression"], expressions.condition, place)
