"""What Cloudflare answers itself, as it is declared; the rules are asked about requests."""

from __future__ import annotations

from typing import Any

import pytest

from components.cdn import Cdn
from settings import EdgeSettings
from standins.services.cloudflare.expressions import condition, text
from tests.components.rules import Request, fits, request
from tests.components.zone import DOMAIN, dns, rules
from tests.engine import Declared, declare

DAY = 86_400


def cdn(**settings: Any) -> Declared:
    return declare(lambda: void(Cdn(EdgeSettings(**settings), domain=DOMAIN, dns=dns())))


def void(_: object) -> None:
    """Programs return nothing."""


def kept(declared: Declared, asked: Request) -> dict[str, Any]:
    """Return what holds for a request: of the rules that fit, the later ones overrule the earlier."""
    found: dict[str, Any] = {}
    for rule in rules(declared, "http_request_cache_settings"):
        if fits(rule["expression"], asked):
            found |= rule["actionParameters"]
    return found


@pytest.mark.parametrize(
    "asked", [request("/assets/app.3f2a.js"), request("/logo.SVG"), request("/a.css", cookie="a=b")]
)
def test_what_the_pages_are_made_of_is_kept_for_a_day_at_cloudflare_and_as_the_frontend_says_by_browsers(
    asked: Request,
) -> None:
    found = kept(cdn(), asked)

    assert found["cache"] is True
    assert (found["edgeTtl"]["mode"], found["edgeTtl"]["default"]) == ("override_origin", DAY)
    assert found["browserTtl"] == {"mode": "respect_origin"}, "no purge reaches them"


def test_how_long_is_a_setting() -> None:
    found = kept(cdn(static_cache_seconds=7200), request("/app.js"))

    assert found["edgeTtl"]["default"] == 7200


def test_a_file_that_was_missing_for_a_moment_is_not_missing_for_a_day() -> None:
    (errors,) = kept(cdn(), request("/app.js"))["edgeTtl"]["statusCodeTtls"]

    assert errors == {"statusCodeRange": {"from": 400}, "value": -1}, "no-store"


def test_a_page_asked_for_under_the_name_of_a_file_is_not_kept() -> None:
    assert kept(cdn(), request("/account/x.css"))["cacheKey"] == {"cacheDeceptionArmor": True}


@pytest.mark.parametrize("path", ["/api/v1/things", "/api/v1/report.svg"])
def test_the_api_alone_says_which_of_its_answers_are_kept(path: str) -> None:
    assert kept(cdn(), request(path)) == {
        "cache": True,
        "edgeTtl": {"mode": "bypass_by_default"},
        "browserTtl": {"mode": "respect_origin"},
    }


@pytest.mark.parametrize(
    "asked",
    [
        request("/api/v1/me", cookie="session=1"),
        request("/api/v1/me", headers=["authorization"]),
        request("/app.js", headers=["accept", "authorization"]),
        request("/.well-known/acme-challenge/token"),
        request("/.well-known/acme-challenge/token.js"),
    ],
)
def test_what_is_meant_for_one_alone_is_never_kept(asked: Request) -> None:
    assert kept(cdn(), asked)["cache"] is False


@pytest.mark.parametrize("path", ["/", "/about", "/jobs/engineer"])
def test_pages_are_left_to_cloudflares_habit_which_keeps_none(path: str) -> None:
    assert kept(cdn(), request(path)) == {}


def test_www_leads_to_the_apex_with_path_and_query() -> None:
    (redirect,) = rules(cdn(), "http_request_dynamic_redirect")

    assert fits(redirect["expression"], request("/x", host="www.example.com"))
    assert not any(
        fits(redirect["expression"], request("/x", host=host)) for host in ("example.com", "api.example.com")
    )
    target = redirect["actionParameters"]["fromValue"]
    assert text(target["targetUrl"]["expression"]).functions == {"concat"}
    assert target == {
        "statusCode": 301,
        "targetUrl": {"expression": 'concat("https://example.com", http.request.uri.path)'},
        "preserveQueryString": True,
    }


def test_no_rule_looks_at_what_a_plan_does_not_show_it() -> None:
    read = [condition(rule["expression"]) for rule in rules(cdn(), "http_request_cache_settings")]

    # developers.cloudflare.com/cache/how-to/cache-rules/settings/#fields
    assert {field for each in read for field in each.fields} == {
        "http.request.uri.path",
        "http.request.uri.path.extension",
        "http.request.headers.names",
        "http.cookie",
    }
