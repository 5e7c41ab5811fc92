"""What Cloudflare refuses before it reaches nginx, as it is declared; the rules are asked about requests."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from components.cdn import Cdn
from components.edge import Edge
from components.waf import Waf
from settings import EdgeSettings, RateLimitSettings, TlsSettings
from standins.cloudflare.rules import failures, to_api
from standins.services.cloudflare.envelope import RefusalError
from standins.services.cloudflare.expressions import condition
from standins.services.cloudflare.plans import PLANS
from standins.services.cloudflare.rulesets import ruleset
from tests.components.rules import Request, fits, request
from tests.components.zone import DOMAIN, dns, rules
from tests.engine import Declared, declare
from tests.some import some

CUSTOM, LIMITS = "http_request_firewall_custom", "http_ratelimit"


def waf(**settings: Any) -> Declared:
    return declare(lambda: void(Waf(EdgeSettings(**settings), dns=dns())))


def whole_edge(**settings: Any) -> Declared:
    def program() -> None:
        zone, edge = dns(), EdgeSettings(**settings)
        Edge(edge, tls=TlsSettings(), client_certificate=None, dns=zone)
        Waf(edge, dns=zone)
        Cdn(edge, domain=DOMAIN, dns=zone)

    return declare(program)


def void(_: object) -> None:
    """Programs return nothing."""


def refused(declared: Declared, asked: Request) -> list[str]:
    """Return which of our own rules refuse a request."""
    return [each["ref"] for each in rules(declared, CUSTOM) if fits(each["expression"], asked)]


def offered(declared: Declared, plan: str) -> int:
    """Offer every ruleset to the sandbox's Cloudflare, which refuses what a zone of the plan cannot have."""
    found = [each.inputs for each in declared.of_type(":Ruleset")]
    for each in found:
        assert list(failures({**each, "zoneId": "0123456789abcdef" * 2})) == []
        ruleset({**each, "rules": [to_api(rule) for rule in each["rules"]]}, None, PLANS[plan], "now")
    return len(found)


@pytest.mark.parametrize(("plan", "limits"), [("free", 1), ("pro", 2), ("business", 5)])
def test_cloudflare_takes_all_that_is_declared_for_a_plan(plan: str, limits: int) -> None:
    most = tuple(
        RateLimitSettings(name=f"n{n}", path="/", requests=9, period_seconds=10, block_seconds=10)
        for n in range(limits)
    )
    networks = (ip_network("198.51.100.0/24"), ip_network("2001:db8::/32"))

    assert offered(whole_edge(plan=plan, rate_limits=most, admin_networks=networks), plan) == 7


def test_cloudflare_refuses_what_a_plan_does_not_have() -> None:
    with pytest.raises(RefusalError):
        offered(whole_edge(plan="pro"), "free")


@pytest.mark.parametrize("plan", PLANS)
def test_a_phase_has_one_ruleset_and_a_rule_a_name_of_its_own(plan: str) -> None:
    found = whole_edge(plan=plan).of_type(":Ruleset")

    phases = [each.inputs["phase"] for each in found]
    assert len(phases) == len(set(phases)) == 7
    refs = [rule["ref"] for each in found for rule in each.inputs["rules"]]
    assert len(refs) == len(set(refs)) > 7
    for each in some(found):
        assert each.request.deleteBeforeReplace, "Cloudflare refuses a second one of the phase"
        for rule in some(each.inputs["rules"]):
            assert rule["enabled"] is True
            assert rule["description"]


@pytest.mark.parametrize(
    ("plan", "executed"),
    [
        ("free", ["77454fe2d30c4220b5701f6fdfb893ba"]),
        ("pro", ["efb7b8c949ac4650a09736fc376e9aee", "4814384a9e5d4991b9815dcfc25d2f1f"]),
        ("business", ["efb7b8c949ac4650a09736fc376e9aee", "4814384a9e5d4991b9815dcfc25d2f1f"]),
    ],
)
def test_cloudflares_own_rules_run_as_far_as_the_plan_has_them(plan: str, executed: list[str]) -> None:
    found = rules(waf(plan=plan), "http_request_firewall_managed")

    assert [(each["action"], each["actionParameters"]["id"], each["expression"]) for each in found] == [
        ("execute", id_, "true") for id_ in executed
    ]


@pytest.mark.parametrize(("level", "off"), [(None, {2, 3, 4}), (1, {2, 3, 4}), (3, {4}), (4, set())])
def test_the_paranoia_level_turns_off_the_levels_above(level: int | None, off: set[int]) -> None:
    _, owasp = rules(waf(plan="pro", owasp_paranoia_level=level), "http_request_firewall_managed")

    overrides = owasp["actionParameters"].get("overrides", {"categories": []})
    assert {each["category"]: each["enabled"] for each in overrides["categories"]} == {
        f"paranoia-level-{each}": False for each in off
    }


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        (request("/"), None),
        (request("/api/v1/health", agent="curl/8.5"), None),
        (request("/api/v1/things", method="DELETE"), None),
        (request("/", method="TRACE"), "methods"),
        (request("/.env"), "paths"),
        (request("/.git/config"), "paths"),
        (request("/WP-Admin/setup.php"), "paths"),
        (request("/api/v1/metrics"), "admin"),
        (request("/API/v1/Monitoring/status"), "admin"),
        (request("/", agent="sqlmap/1.8 (https://sqlmap.org)"), "agents"),
        (request("/", agent="Mozilla/5.00 (Nikto/2.5.0)"), "agents"),
    ],
)
def test_what_nobody_asks_for_in_good_faith_is_refused(asked: Request, by: str | None) -> None:
    assert refused(waf(), asked) == ([f"waf-custom-{by}"] if by else [])


@pytest.mark.parametrize("method", ["GET", "PROPFIND"])
@pytest.mark.parametrize("agent", ["Mozilla/5.0 (compatible; Let's Encrypt validation server)", "sqlmap"])
def test_nothing_keeps_an_authority_from_the_proof_for_a_certificate(method: str, agent: str) -> None:
    asked = request("/.well-known/acme-challenge/token", method=method, agent=agent)

    assert refused(waf(blocked_paths=("/.well-known",), admin_paths=("/.well-known/acme-challenge/",)), asked) == []


def test_administration_is_open_to_its_networks_only() -> None:
    declared = waf(admin_networks=(ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")))

    for source, rule in (("198.51.100.9", []), ("2001:db8::9", []), ("203.0.113.9", ["waf-custom-admin"])):
        assert refused(declared, request("/api/v1/metrics", source=source)) == rule


def test_what_is_not_to_be_blocked_has_no_rule() -> None:
    declared = waf(blocked_paths=(), blocked_agents=(), admin_paths=())

    assert [each["ref"] for each in rules(declared, CUSTOM)] == ["waf-custom-methods"]


def test_the_api_is_limited_to_ten_requests_a_second_of_an_address() -> None:
    (limit,) = rules(waf(), LIMITS)

    assert limit["action"] == "block"
    assert limit["ratelimit"] == {
        "characteristics": ["cf.colo.id", "ip.src"],
        "period": 10,
        "requestsPerPeriod": 100,
        "mitigationTimeout": 10,
        "requestsToOrigin": False,
    }
    assert fits(limit["expression"], request("/api/v1/things"))
    assert not fits(limit["expression"], request("/assets/app.js"))


def test_rate_limits_look_at_the_path_alone_because_the_smallest_plan_knows_no_more() -> None:
    (limit,) = rules(waf(plan="free"), LIMITS)

    assert condition(limit["expression"]).fields == {"http.request.uri.path"}


@pytest.mark.parametrize(("sensitivity", "level"), [("high", "default"), ("medium", "medium"), ("low", "low")])
def test_how_soon_many_requests_are_an_attack_is_said_in_cloudflares_words(sensitivity: str, level: str) -> None:
    (flood,) = rules(waf(ddos_sensitivity=sensitivity), "ddos_l7")

    assert flood["expression"] == "true", "no plan of ours may write another"
    assert flood["actionParameters"] == {
        "id": "4d21379b4f9f4bb088e0729962c8b3cf",
        "overrides": {"sensitivityLevel": level},
    }
