"""The zone and its records, as they are declared."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components import cloudflare_sdk as cloudflare
from components.dns import txt
from settings import RecordSettings
from tests.components.zone import dns, records
from tests.engine import Declared, declare
from tests.some import some

NAMES = {"example.com", "www.example.com", "api.example.com"}


def zone(**settings: Any) -> Declared:
    return declare(lambda: void(dns(**settings)))


def void(_: object) -> None:
    """Programs return nothing."""


def test_the_three_names_lead_to_the_host() -> None:
    assert records(zone()) == {(name, "A", "192.0.2.7") for name in NAMES}


def test_a_host_with_an_address_of_ipv6_has_aaaa_records_beside() -> None:
    found = records(zone(ipv6="2001:db8::7"))

    assert {each for each in found if each[1] == "AAAA"} == {(name, "AAAA", "2001:db8::7") for name in NAMES}


@pytest.mark.parametrize(("settings", "ttl"), [({}, 300), ({"ttl": 60}, 60), ({"proxied": True}, 1)])
def test_every_record_lives_as_long_as_the_setting_says_and_behind_cloudflare_as_long_as_it_says(
    settings: dict[str, Any], ttl: int
) -> None:
    further = RecordSettings(name="status.example.com", type="CNAME", content="status.example.net")

    found = zone(ipv6="2001:db8::7", records=(further,), **settings).of_type(":DnsRecord")

    assert {each.inputs["type"] for each in found} == {"A", "AAAA", "CAA", "CNAME"}
    assert {each.inputs["ttl"] for each in found} == {ttl}


@pytest.mark.parametrize("proxied", [False, True])
def test_only_the_three_names_stand_behind_cloudflare(proxied: bool) -> None:
    further = RecordSettings(name="status.example.com", type="A", content="198.51.100.1")

    found = zone(proxied=proxied, records=(further,)).of_type(":DnsRecord")

    assert {each.inputs["name"] for each in found if each.inputs.get("proxied")} == (NAMES if proxied else set())


def test_only_the_authority_of_the_settings_may_issue_and_whoever_asks_another_is_reported() -> None:
    found = [each.inputs for each in zone().of_type(":DnsRecord") if each.inputs["type"] == "CAA"]

    assert {(each["name"], each["data"]["tag"], each["data"]["value"]) for each in found} == {
        ("example.com", "issue", "letsencrypt.org"),
        ("example.com", "iodef", "mailto:ops@example.com"),
    }
    assert all(each["data"]["flags"] == 0 for each in some(found))


def test_the_zone_is_signed_unless_told_otherwise() -> None:
    (signed,) = zone().of_type(":ZoneDnssec")

    assert signed.inputs["status"] == "active"
    assert zone(dnssec=False).of_type(":ZoneDnssec") == []


def test_a_zone_that_is_not_signed_has_nothing_for_the_registrar() -> None:
    assert declare(lambda: pulumi.export("none", dns(dnssec=False).ds_record is None)).outputs == {"none": True}


def test_texts_are_quoted_because_cloudflare_keeps_them_so() -> None:
    further = RecordSettings(name="example.com", type="TXT", content='says "hello"')

    assert ("example.com", "TXT", r'"says \"hello\""') in records(zone(records=(further,)))


def test_a_long_text_is_split_as_dns_demands() -> None:
    first, second = txt("a" * 255 + "b").split(" ")

    assert (first, second) == (f'"{"a" * 255}"', '"b"')


def test_further_records_keep_their_identity_when_others_come_and_go() -> None:
    one, other = (RecordSettings(name="example.com", type="TXT", content=f"token={each}") for each in "ab")

    def identities(*further: RecordSettings) -> dict[str, str]:
        found = zone(records=further).of_type(":DnsRecord")
        return {each.inputs["content"]: each.name for each in found if each.inputs["type"] == "TXT"}

    both = identities(one, other)
    assert both == identities(other, one)
    assert both.items() >= identities(other).items()
    assert len(set(both.values())) == 2


@pytest.mark.parametrize("preview", [False, True])
def test_cloudflares_networks_are_known_sorted_and_in_a_preview_too(preview: bool) -> None:
    declared = declare(lambda: pulumi.export("proxies", dns(proxied=True).proxies), preview=preview)

    assert declared.outputs["proxies"] == [
        *("198.51.100.0/24", "203.0.113.0/24"),
        *("2001:db8:1::/48", "2001:db8:2::/48"),
    ]


def test_cloudflare_is_not_asked_for_its_networks_while_visitors_reach_the_host_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cloudflare, "get_ip_ranges", lambda **_: pytest.fail("asked"))

    assert declare(lambda: pulumi.export("proxies", dns().proxies)).outputs["proxies"] == []


def test_the_zone_is_protected() -> None:
    assert zone()["dns-zone"].request.protect
