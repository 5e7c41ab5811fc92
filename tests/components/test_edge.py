"""How Cloudflare speaks with visitors and with nginx, as it is declared."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components import cloudflare_sdk as cloudflare
from components.edge import Edge
from settings import EdgeSettings, TlsSettings
from tests.components.rules import fits, request
from tests.components.zone import dns, rules
from tests.engine import Declared, declare

KEY = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nfor everyone\n-----END CERTIFICATE-----\n"


def edge(*, tls: TlsSettings | None = None, client: str | None = KEY + CERTIFICATE, **settings: Any) -> Declared:
    def program() -> None:
        secret = None if client is None else pulumi.Output.secret(client)
        Edge(EdgeSettings(**settings), tls=tls or TlsSettings(), client_certificate=secret, dns=dns())

    return declare(program)


def zone_settings(declared: Declared) -> dict[str, Any]:
    return {each.inputs["settingId"]: each.inputs["value"] for each in declared.of_type(":ZoneSetting")}


SECURITY_HEADER = {
    "strict_transport_security": {
        "enabled": True,
        "max_age": 31536000,
        "include_subdomains": True,
        "preload": True,
        "nosniff": True,
    }
}


def test_the_zone_is_set_as_the_customer_asked() -> None:
    assert zone_settings(edge(plan="pro")) == {
        "ssl": "strict",
        "min_tls_version": "1.2",
        "tls_1_3": "on",
        "always_use_https": "on",
        "automatic_https_rewrites": "on",
        "security_header": SECURITY_HEADER,
        "http2": "on",
        "http3": "on",
        "brotli": "on",
        "0rtt": "off",
    }


@pytest.mark.parametrize(("plan", "settable"), [("free", False), ("pro", True), ("business", True)])
def test_http2_is_set_where_the_plan_lets_it_be_set(plan: str, settable: bool) -> None:
    assert ("http2" in zone_settings(edge(plan=plan))) == settable


@pytest.mark.parametrize(
    "tls",
    [
        TlsSettings(minimum_version="1.3"),
        TlsSettings(hsts_max_age_seconds=63_072_000),
    ],
)
def test_visitors_meet_at_the_edge_what_they_meet_at_the_host(tls: TlsSettings) -> None:
    found = zone_settings(edge(tls=tls))

    header = found["security_header"]["strict_transport_security"]
    words = [f"max-age={header['max_age']}"]
    words += ["includeSubDomains"] if header["include_subdomains"] else []
    words += ["preload"] if header["preload"] else []
    assert "; ".join(words) == tls.hsts
    assert header["enabled"]
    assert found["min_tls_version"] == tls.protocols[0].removeprefix("TLSv")


def test_cloudflare_shows_nginx_our_certificate() -> None:
    declared = edge(origin_pulls="required")

    certificate = declared["edge-origin-pull-certificate"]
    assert (certificate.inputs["certificate"], certificate.inputs["privateKey"]) == (CERTIFICATE, KEY)
    switch = declared["edge-origin-pulls"]
    assert switch.inputs["enabled"] is True
    assert "edge-origin-pull-certificate" in switch.depends_on


def test_the_key_of_our_certificate_is_secret_and_the_certificate_is_not() -> None:
    clear = json.loads(edge(origin_pulls="required")["edge-origin-pull-certificate"].in_the_clear)

    assert (clear["privateKey"], clear["certificate"]) == ("(secret)", CERTIFICATE)


def test_a_new_certificate_does_not_take_away_the_one_that_cloudflare_still_shows() -> None:
    certificate = edge(origin_pulls="required")["edge-origin-pull-certificate"]

    assert certificate.request.retainOnDelete
    assert not certificate.request.deleteBeforeReplace


@pytest.mark.parametrize("client", [KEY + CERTIFICATE, None])
def test_origin_pulls_that_are_off_are_turned_off(client: str | None) -> None:
    declared = edge(origin_pulls="off", client=client)

    assert declared["edge-origin-pulls"].inputs["enabled"] is False
    assert declared.of_type(":AuthenticatedOriginPullsCertificate") == []


def test_a_certificate_is_not_shown_to_an_nginx_that_does_not_trust_it_yet() -> None:
    def program() -> None:
        nginx = cloudflare.Provider("nginx", api_token="canary")  # any resource will do
        secret = pulumi.Output.secret(KEY + CERTIFICATE)
        settings = EdgeSettings(origin_pulls="required")
        Edge(settings, tls=TlsSettings(), client_certificate=secret, dns=dns(), trusted_by=[nginx])

    declared = declare(program)

    assert "nginx" in declared["edge-origin-pull-certificate"].depends_on
    assert "nginx" not in declared["edge-ssl"].depends_on


def test_a_certificate_that_has_run_out_can_still_be_renewed() -> None:
    (rule,) = rules(edge(), "http_config_settings")

    assert rule["actionParameters"] == {"ssl": "flexible"}
    assert fits(rule["expression"], request("/.well-known/acme-challenge/token"))
    assert not fits(rule["expression"], request("/"))
