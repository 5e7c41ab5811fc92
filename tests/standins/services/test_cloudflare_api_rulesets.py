"""The Cloudflare double keeps rulesets as the real API does, and refuses what a plan has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from standins.services.cloudflare.plans import DDOS_RULESET, FREE_MANAGED_RULESET, MANAGED_RULESET, OWASP_RULESET
from tests.standins.services.cloudflare_client import Call, codes, new_zone, serve

CUSTOM, RATE, MANAGED = "http_request_firewall_custom", "http_ratelimit", "http_request_firewall_managed"
DDOS, CONFIG = "ddos_l7", "http_config_settings"
CACHE, REDIRECT = "http_request_cache_settings", "http_request_dynamic_redirect"
INVALID, NOT_ENTITLED = 20021, 20120

Rule = dict[str, Any]


def block(expression: str = 'http.request.uri.path eq "/x"', **given: object) -> Rule:
    return {"action": "block", "expression": expression, **given}


def limit(
    expression: str = 'starts_with(http.request.uri.path, "/api/")', action: str = "block", **rate: object
) -> Rule:
    counted = {"characteristics": ["cf.colo.id", "ip.src"], "period": 10, "requests_per_period": 100}
    return {"action": action, "expression": expression, "ratelimit": {**counted, "mitigation_timeout": 10, **rate}}


def execute(ruleset: str, expression: str = "true", **overrides: Any) -> Rule:
    given = {"overrides": overrides} if overrides else {}
    return {"action": "execute", "expression": expression, "action_parameters": {"id": ruleset, **given}}


def cache(**parameters: object) -> Rule:
    return {"action": "set_cache_settings", "expression": "true", "action_parameters": parameters}


def answers(**given: object) -> dict[str, Any]:
    return {"mode": "respect_origin", "status_code_ttl": [{"value": 0, **given}]}


def skip(**parameters: object) -> Rule:
    return {"action": "skip", "expression": "true", "action_parameters": parameters}


def configure(**parameters: object) -> Rule:
    return {"action": "set_config", "expression": "true", "action_parameters": parameters}


def redirect(**given: object) -> Rule:
    return {"action": "redirect", "expression": "true", "action_parameters": {"from_value": given}}


def ruleset(phase: str, *rules: Rule, **given: object) -> dict[str, Any]:
    return {"name": "rules", "kind": "zone", "phase": phase, "rules": list(rules), **given}


def on_plan(tmp_path: Path, plan: str) -> tuple[Call, str]:
    call = serve(tmp_path / f"{plan}.json", plan)
    return call, new_zone(call)


def test_a_phase_has_no_entry_point_until_one_is_put(call: Call, zone: str) -> None:
    path = f"{zone}/rulesets/phases/{RATE}/entrypoint"

    missing = call("GET", path)
    call("PUT", path, {"rules": [limit()]})

    assert (missing[0], codes(missing[1])) == (404, [10003])
    assert call("GET", path)[1]["result"]["version"] == "1"


def test_a_phase_has_one_ruleset(call: Call, zone: str) -> None:
    call("POST", f"{zone}/rulesets", ruleset(CUSTOM, block()))

    status, answer = call("POST", f"{zone}/rulesets", ruleset(CUSTOM, block(), name="another"))

    assert (status, codes(answer)) == (400, [20217])
    assert answer["errors"][0]["message"].endswith(f"exceeded maximum number of zone rulesets for phase {CUSTOM}")
    assert answer["errors"][0]["source"] == {"pointer": "/kind"}


def test_a_rule_keeps_its_id_by_its_ref_and_its_version_while_it_is_the_same(call: Call, zone: str) -> None:
    steady, moved = block(ref="steady"), block(ref="moved")
    _, first = call("POST", f"{zone}/rulesets", ruleset(CUSTOM, steady, moved))
    path = f"{zone}/rulesets/{first['result']['id']}"

    _, second = call("PUT", path, ruleset(CUSTOM, {**moved, "enabled": False}, steady))

    before = {rule["ref"]: rule for rule in first["result"]["rules"]}
    after = {rule["ref"]: rule for rule in second["result"]["rules"]}
    assert list(after) == ["moved", "steady"]
    assert {ref: rule["id"] for ref, rule in after.items()} == {ref: rule["id"] for ref, rule in before.items()}
    assert after["steady"] == before["steady"]
    assert (after["moved"]["version"], second["result"]["version"]) == ("2", "2")
    assert call("GET", path)[1]["result"] == second["result"]


def test_a_rule_is_completed_and_its_id_is_its_ref_where_it_has_none(call: Call, zone: str) -> None:
    _, answer = call("POST", f"{zone}/rulesets", ruleset(MANAGED, execute(FREE_MANAGED_RULESET)))

    rule = answer["result"]["rules"][0]
    assert (rule["enabled"], rule["description"], rule["ref"]) == (True, "", rule["id"])
    assert rule["action_parameters"]["version"] == "latest"


def test_a_deleted_ruleset_is_gone(call: Call, zone: str) -> None:
    _, made = call("POST", f"{zone}/rulesets", ruleset(CUSTOM, block()))
    path = f"{zone}/rulesets/{made['result']['id']}"

    assert call("DELETE", path)[0] == 204
    assert call("GET", path)[0] == 404
    assert call("DELETE", path)[0] == 404


@pytest.mark.parametrize(
    ("plan", "phase", "rule", "most"),
    [
        ("free", CUSTOM, block(), 5),
        ("pro", CUSTOM, block(), 20),
        ("business", CUSTOM, block(), 100),
        ("free", RATE, limit(), 1),
        ("pro", RATE, limit(), 2),
        ("business", RATE, limit(), 5),
        ("free", CACHE, cache(cache=False), 10),
        ("pro", CACHE, cache(cache=False), 25),
        ("business", REDIRECT, redirect(target_url={"value": "https://example.com"}), 50),
        ("business", DDOS, execute(DDOS_RULESET, sensitivity_level="medium"), 1),
    ],
)
def test_a_plan_has_a_number_of_rules_a_phase(tmp_path: Path, plan: str, phase: str, rule: Rule, most: int) -> None:
    call, zone = on_plan(tmp_path, plan)

    too_many = call("POST", f"{zone}/rulesets", ruleset(phase, *[rule] * (most + 1)))
    as_many = call("POST", f"{zone}/rulesets", ruleset(phase, *[rule] * most))

    assert (too_many[0], codes(too_many[1])) == (400, [50001])
    assert f"in the phase {phase}: {most + 1} out of {most}" in too_many[1]["errors"][0]["message"]
    assert as_many[0] == 200


MATCHES = 'http.request.uri.path matches "^/x"'
BY_HOST = 'http.host eq "example.com"'
BY_AGENT = 'http.user_agent contains "bot"'
PARANOIA: dict[str, Any] = {"categories": [{"category": "paranoia-level-2", "enabled": False}]}


@pytest.mark.parametrize(
    ("plan", "phase", "rule", "message"),
    [
        (
            "pro",
            CUSTOM,
            block(MATCHES),
            "the use of operator Matches is not allowed, a Business plan or a WAF Advanced",
        ),
        ("business", CUSTOM, block(action="log"), "not entitled to use the log action"),
        ("free", RATE, limit(MATCHES), "Matches is not allowed, an Advanced Rate Limiting plan is required"),
        ("free", RATE, limit(BY_HOST), "the use of field http.host is not allowed, an higher Advanced Rate Limiting"),
        ("pro", RATE, limit(BY_AGENT), "the use of field http.user_agent is not allowed"),
        ("free", RATE, limit(action="challenge"), "not entitled to use the challenge action in ratelimiting"),
        ("free", RATE, limit(period=60), "not entitled to use the period 60, can only use a period among [10]"),
        ("pro", RATE, limit(period=120), "the period 120, can only use a period among [10 15 20 30 40 45 60]"),
        ("business", RATE, limit(period=11), "not entitled to use the period 11"),
        ("free", RATE, limit(mitigation_timeout=60), "not entitled to use a mitigation timeout different from 10"),
        ("pro", RATE, limit(mitigation_timeout=86400), "not entitled to use a mitigation timeout"),
        ("pro", RATE, limit(characteristics=["cf.colo.id", "http.host"]), "the characteristic http.host"),
        ("pro", RATE, limit(counting_expression="true"), "not entitled to use a counting expression"),
        ("free", MANAGED, execute(MANAGED_RULESET), f"not entitled to execute the ruleset {MANAGED_RULESET}"),
        ("free", MANAGED, execute(OWASP_RULESET), f"not entitled to execute the ruleset {OWASP_RULESET}"),
        ("pro", DDOS, execute(DDOS_RULESET, expression=BY_HOST), "other than true"),
        (
            "pro",
            CACHE,
            cache(edge_ttl={"mode": "override_origin", "default": 60}),
            "not entitled to use a TTL below 3600",
        ),
    ],
)
def test_what_a_plan_has_not_is_refused_in_cloudflares_words(
    tmp_path: Path, plan: str, phase: str, rule: Rule, message: str
) -> None:
    call, zone = on_plan(tmp_path, plan)

    status, answer = call("POST", f"{zone}/rulesets", ruleset(phase, rule))

    assert (status, codes(answer)) == (400, [NOT_ENTITLED])
    assert message in answer["errors"][0]["message"]
    assert answer["errors"][0]["source"]["pointer"].startswith("/rules/0/")
    assert call("GET", f"{zone}/rulesets")[1]["result"] == []


@pytest.mark.parametrize(
    ("plan", "phase", "rule"),
    [
        ("business", CUSTOM, block(MATCHES)),
        ("free", CUSTOM, {"action": "skip", "expression": BY_HOST, "action_parameters": {"phases": [RATE]}}),
        ("pro", RATE, limit(BY_HOST, action="managed_challenge", period=60, mitigation_timeout=3600)),
        ("business", RATE, limit(BY_AGENT, period=600, counting_expression="http.response.code eq 401")),
        ("free", MANAGED, execute(FREE_MANAGED_RULESET)),
        ("pro", MANAGED, execute(OWASP_RULESET, **PARANOIA)),
        ("free", DDOS, execute(DDOS_RULESET, sensitivity_level="default")),
        ("free", CONFIG, {"action": "set_config", "expression": BY_HOST, "action_parameters": {"ssl": "flexible"}}),
        ("free", CACHE, cache(cache=True, edge_ttl={"mode": "override_origin", "default": 86400})),
        (
            "free",
            CACHE,
            cache(
                edge_ttl={
                    "mode": "bypass_by_default",
                    "status_code_ttl": [{"status_code_range": {"from": 400}, "value": -1}],
                }
            ),
        ),
        (
            "free",
            REDIRECT,
            redirect(
                status_code=301,
                preserve_query_string=True,
                target_url={"expression": 'concat("https://example.com", http.request.uri.path)'},
            ),
        ),
    ],
)
def test_what_a_plan_has_is_accepted(tmp_path: Path, plan: str, phase: str, rule: Rule) -> None:
    call, zone = on_plan(tmp_path, plan)

    status, answer = call("POST", f"{zone}/rulesets", ruleset(phase, rule))

    assert (status, answer["errors"]) == (200, [])


@pytest.mark.parametrize(
    ("phase", "rule", "code", "place"),
    [
        (CUSTOM, block(action="blok"), INVALID, "action"),
        (CUSTOM, block(action="redirect"), INVALID, "action"),
        (CACHE, block(), INVALID, "action"),
        (CUSTOM, block(colour="red"), INVALID, "colour"),
        (CUSTOM, block(action_parameters=[]), INVALID, "action_parameters"),
        (CUSTOM, block(action_parameters={"response": "no"}), INVALID, "action_parameters/response"),
        (CUSTOM, block(ratelimit={}), INVALID, "ratelimit"),
        (CUSTOM, block(logging={"enabled": True}), INVALID, "logging"),
        (CUSTOM, block(action_parameters={"ssl": "off"}), INVALID, "action_parameters/ssl"),
        (
            CUSTOM,
            block(action_parameters={"response": {"status_code": 500, "content": "x", "content_type": "text/plain"}}),
            INVALID,
            "action_parameters/response/status_code",
        ),
        (
            CUSTOM,
            block(action_parameters={"response": {"status_code": 403, "content": "x", "content_type": "image/png"}}),
            INVALID,
            "action_parameters/response/content_type",
        ),
        (REDIRECT, redirect(target_url="https://example.com"), INVALID, "action_parameters/from_value/target_url"),
        (CUSTOM, skip(), INVALID, "action_parameters"),
        (CUSTOM, skip(cache=True), INVALID, "action_parameters/cache"),
        (CUSTOM, skip(ruleset="mine"), INVALID, "action_parameters/ruleset"),
        (CUSTOM, skip(phases=[CUSTOM]), INVALID, "action_parameters/phases/0"),
        (CUSTOM, skip(products=["waf", "ddos"]), INVALID, "action_parameters/products/1"),
        (CUSTOM, block(action="challenge", action_parameters={"id": "0"}), INVALID, "action_parameters/id"),
        (CONFIG, configure(), INVALID, "action_parameters"),
        (CONFIG, configure(polish="off"), INVALID, "action_parameters/polish"),
        (CONFIG, configure(ssl="origin_pull"), INVALID, "action_parameters/ssl"),
        (CONFIG, configure(security_level="off"), INVALID, "action_parameters/security_level"),
        (CUSTOM, block(""), 20125, "expression"),
        (CUSTOM, block("(true"), 20127, "expression"),
        (CUSTOM, block(" or ".join(['http.host eq "example.com"'] * 200)), 20127, "expression"),
        (RATE, block(), INVALID, "ratelimit"),
        (RATE, limit(characteristics=["ip.src"]), 20155, "ratelimit/characteristics"),
        (RATE, limit(characteristics="ip.src"), INVALID, "ratelimit/characteristics"),
        (RATE, limit(score_per_period=5), INVALID, "ratelimit/score_per_period"),
        (RATE, limit(requests_per_period=0), INVALID, "ratelimit/requests_per_period"),
        (MANAGED, execute("0" * 32), INVALID, "action_parameters/id"),
        (MANAGED, execute(DDOS_RULESET), INVALID, "action_parameters/id"),
        (
            MANAGED,
            execute(FREE_MANAGED_RULESET, sensitivity_level="low"),
            INVALID,
            "action_parameters/overrides/sensitivity_level",
        ),
        (
            DDOS,
            execute(DDOS_RULESET, sensitivity_level="high"),
            INVALID,
            "action_parameters/overrides/sensitivity_level",
        ),
        (
            MANAGED,
            {**execute(FREE_MANAGED_RULESET), "action_parameters": {"ruleset": "current"}},
            INVALID,
            "action_parameters/ruleset",
        ),
        (MANAGED, execute(FREE_MANAGED_RULESET, action="log"), INVALID, "action_parameters/overrides/action"),
        (
            MANAGED,
            execute(FREE_MANAGED_RULESET, rules=[{"id": "0", "score_threshold": 1}]),
            INVALID,
            "action_parameters/overrides/rules/0/score_threshold",
        ),
        (
            MANAGED,
            execute(FREE_MANAGED_RULESET, categories=[{"category": "x", "level": 1}]),
            INVALID,
            "action_parameters/overrides/categories/0/level",
        ),
        (CACHE, cache(ssl="off"), INVALID, "action_parameters/ssl"),
        (CACHE, cache(cache_key={"custom_key": {}}), INVALID, "action_parameters/cache_key/custom_key"),
        (CACHE, cache(edge_ttl={"mode": "respect_origin", "max": 1}), INVALID, "action_parameters/edge_ttl/max"),
        (CACHE, cache(browser_ttl={"mode": "never"}), INVALID, "action_parameters/browser_ttl/mode"),
        (CACHE, cache(browser_ttl={"mode": "bypass", "max": 1}), INVALID, "action_parameters/browser_ttl/max"),
        (CACHE, cache(browser_ttl={"mode": "bypass", "default": 1}), INVALID, "action_parameters/browser_ttl/default"),
        (
            CACHE,
            cache(edge_ttl={"mode": "override_origin", "default": "1"}),
            INVALID,
            "action_parameters/edge_ttl/default",
        ),
        (CACHE, cache(edge_ttl=answers(status_code=99)), INVALID, "action_parameters/edge_ttl/status_code_ttl/0"),
        (
            CACHE,
            cache(edge_ttl=answers(status_code_range={"up": 1})),
            INVALID,
            "action_parameters/edge_ttl/status_code_ttl/0/status_code_range/up",
        ),
        (
            CACHE,
            cache(edge_ttl=answers(status_code=404, value=-2)),
            INVALID,
            "action_parameters/edge_ttl/status_code_ttl/0/value",
        ),
        (
            CACHE,
            cache(edge_ttl=answers(status_code=404, for_=1)),
            INVALID,
            "action_parameters/edge_ttl/status_code_ttl/0/for_",
        ),
        (REDIRECT, {**redirect(), "action_parameters": {"from_list": {}}}, INVALID, "action_parameters/from_list"),
        (REDIRECT, redirect(to="x", target_url={"value": "x"}), INVALID, "action_parameters/from_value/to"),
        (CACHE, cache(edge_ttl={"mode": "override_origin"}), INVALID, "action_parameters/edge_ttl/default"),
        (CACHE, cache(edge_ttl={"mode": "forever"}), INVALID, "action_parameters/edge_ttl/mode"),
        (CACHE, cache(), INVALID, "action_parameters"),
        (
            CACHE,
            cache(edge_ttl={"mode": "respect_origin", "status_code_ttl": [{"value": 0}]}),
            INVALID,
            "action_parameters/edge_ttl/status_code_ttl/0",
        ),
        (
            REDIRECT,
            redirect(status_code=300, target_url={"value": "x"}),
            INVALID,
            "action_parameters/from_value/status_code",
        ),
        (REDIRECT, redirect(target_url={}), INVALID, "action_parameters/from_value/target_url"),
        (
            REDIRECT,
            redirect(target_url={"expression": "http.hots"}),
            20127,
            "action_parameters/from_value/target_url/expression",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(
    call: Call, zone: str, phase: str, rule: Rule, code: int, place: str
) -> None:
    status, answer = call("POST", f"{zone}/rulesets", ruleset(phase, rule))

    assert (status, codes(answer)) == (400, [code])
    assert answer["errors"][0]["source"] == {"pointer": f"/rules/0/{place}"}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (ruleset(CUSTOM, kind="root"), "/kind"),
        (ruleset("http_request_sanitize"), "/phase"),
        (ruleset(CUSTOM, name=""), "/name"),
        (ruleset(CUSTOM, block(ref="one"), block(ref="two"), block(ref="one")), "/rules/2/ref"),
        (ruleset(CUSTOM, block(ref="")), "/rules/0/ref"),
    ],
)
def test_a_ruleset_that_cannot_be_is_refused_with_its_place(
    call: Call, zone: str, given: dict[str, Any], place: str
) -> None:
    status, answer = call("POST", f"{zone}/rulesets", given)

    assert (status, codes(answer)) == (400, [INVALID])
    assert answer["errors"][0]["source"] == {"pointer": place}


def test_a_counting_expression_is_read_too(tmp_path: Path) -> None:
    call, zone = on_plan(tmp_path, "business")

    status, answer = call(
        "POST", f"{zone}/rulesets", ruleset(RATE, limit(counting_expression="http.response.cod eq 1"))
    )

    assert (status, codes(answer)) == (400, [20127])
    assert answer["errors"][0]["source"] == {"pointer": "/rules/0/ratelimit/counting_expression"}


def test_a_ruleset_stays_in_its_phase(call: Call, zone: str) -> None:
    _, made = call("POST", f"{zone}/rulesets", ruleset(CUSTOM, block()))

    status, _ = call("PUT", f"{zone}/rulesets/{made['result']['id']}", ruleset(CACHE, cache(cache=False)))

    assert status == 400
