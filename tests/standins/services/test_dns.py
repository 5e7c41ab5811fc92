"""The DNS server answers from the zones as an authoritative server does."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from dnslib import QTYPE, RCODE, DNSRecord  # type: ignore[import-untyped]

from standins.services.cloudflare.dns import answer
from standins.services.cloudflare.ip_ranges import IPV4, IPV6
from standins.services.cloudflare.records import record
from tests.some import some

APEX = "example.com"


def zones(*given: dict[str, object]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for each in given:
        kept[str(len(kept))] = record({"ttl": 60, **each}, APEX, kept.values())
    zone = {"name": APEX, "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]}
    return {"zones": {"1": {"zone": zone, "records": kept, "settings": {}, "serial": 7}}}


def ask(document: dict[str, Any], name: str, kind: str = "A") -> tuple[str, list[str], list[str]]:
    reply = answer(DNSRecord.question(name, kind), document)
    found = [f"{rr.rname} {rr.ttl} {QTYPE[rr.rtype]} {rr.rdata}" for rr in reply.rr]
    return RCODE[reply.header.rcode], found, [QTYPE[rr.rtype] for rr in reply.auth]


WWW: dict[str, object] = {"type": "A", "name": "www", "content": "192.0.2.1"}


@pytest.mark.parametrize(
    ("given", "kind", "data"),
    [
        ({"type": "A", "content": "192.0.2.1"}, "A", "192.0.2.1"),
        ({"type": "AAAA", "content": "2001:db8::1"}, "AAAA", "2001:db8::1"),
        ({"type": "TXT", "content": '"v=spf1" " -all"'}, "TXT", '"v=spf1"," -all"'),
        ({"type": "MX", "content": "mx.example.net", "priority": 10}, "MX", "10 mx.example.net."),
        ({"type": "CAA", "content": '0 issue "letsencrypt.org"'}, "CAA", '0 issue "letsencrypt.org"'),
        ({"type": "NS", "content": "ns.example.net"}, "NS", "ns.example.net."),
    ],
)
def test_a_record_is_answered_with_its_ttl(given: dict[str, object], kind: str, data: str) -> None:
    code, found, _ = ask(zones({"name": "x", **given}), "x.example.com", kind)

    assert (code, found) == ("NOERROR", [f"x.example.com. 60 {kind} {data}"])


def test_a_name_that_is_not_there_is_nxdomain_with_the_soa() -> None:
    assert ask(zones(WWW), "nope.example.com") == ("NXDOMAIN", [], ["SOA"])


@pytest.mark.parametrize(("name", "kind"), [("www.example.com", "AAAA"), ("www.example.com", "CAA"), (APEX, "CAA")])
def test_a_name_without_this_type_is_no_error_with_the_soa(name: str, kind: str) -> None:
    assert ask(zones(WWW), name, kind) == ("NOERROR", [], ["SOA"])


def test_a_name_that_only_has_names_below_it_exists() -> None:
    assert ask(zones({**WWW, "name": "a.b"}), "b.example.com") == ("NOERROR", [], ["SOA"])


@pytest.mark.parametrize("name", ["example.org", "notexample.com", "com"])
def test_a_name_of_others_is_refused(name: str) -> None:
    assert ask(zones(WWW), name) == ("REFUSED", [], [])


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_a_proxied_name_answers_with_addresses_of_cloudflares_and_hides_its_origin(kind: str) -> None:
    document = zones({**WWW, "proxied": True, "ttl": 1}, {"type": "TXT", "name": "www", "content": "text"})

    _, found, _ = ask(document, "www.example.com", kind)

    assert len(found) == 2
    ranges = [ip_network(each) for each in (*IPV4, *IPV6)]
    for each in some(found):
        owner, ttl, _, address = each.split()
        assert (owner, ttl) == ("www.example.com.", "300")
        assert any(ip_address(address) in network for network in ranges)
    assert found == ask(document, "www.example.com", kind)[1], "the same ones again"
    assert ask(document, "www.example.com", "TXT")[1] == ['www.example.com. 60 TXT "text"']


def test_a_proxied_name_has_no_ipv6_address_where_the_zone_has_it_off() -> None:
    document = zones({**WWW, "proxied": True, "ttl": 1})
    document["zones"]["1"]["settings"]["ipv6"] = {"value": "off"}

    assert ask(document, "www.example.com", "AAAA") == ("NOERROR", [], ["SOA"])


def test_an_alias_is_followed_within_the_zone() -> None:
    document = zones(WWW, {"type": "CNAME", "name": "alias", "content": "www.example.com"})

    _, found, _ = ask(document, "alias.example.com")

    assert found == ["alias.example.com. 60 CNAME www.example.com.", "www.example.com. 60 A 192.0.2.1"]


def test_an_alias_at_the_apex_is_flattened_to_the_addresses_behind_it() -> None:
    document = zones(WWW, {"type": "CNAME", "content": "www.example.com", "name": "@"})

    _, found, _ = ask(document, APEX)

    assert [each.split(" ", 2)[2] for each in found] == ["A 192.0.2.1"]


def test_a_proxied_alias_shows_neither_its_target_nor_what_is_behind_it() -> None:
    document = zones(WWW, {"type": "CNAME", "content": "www.example.com", "name": "cdn", "proxied": True})

    _, found, _ = ask(document, "cdn.example.com")

    assert len(found) == 2
    assert not any("192.0.2.1" in each or "CNAME" in each for each in some(found))


def test_a_loop_of_aliases_ends() -> None:
    document = zones(
        {"type": "CNAME", "name": "a", "content": "b.example.com"},
        {"type": "CNAME", "name": "b", "content": "a.example.com"},
    )

    code, _, _ = ask(document, "a.example.com")

    assert code == "SERVFAIL"


def test_a_wildcard_answers_for_names_that_do_not_exist() -> None:
    document = zones(WWW, {**WWW, "name": "*", "content": "192.0.2.9"})

    assert ask(document, "x.y.example.com")[1] == ["x.y.example.com. 60 A 192.0.2.9"]
    assert ask(document, "www.example.com")[1] == ["www.example.com. 60 A 192.0.2.1"]


def test_the_apex_has_its_servers_and_an_soa_whose_serial_is_the_zones() -> None:
    _, servers, _ = ask(zones(), APEX, "NS")
    _, soa, _ = ask(zones(), APEX, "SOA")

    assert [each.split()[-1] for each in servers] == ["ada.ns.cloudflare.com.", "bob.ns.cloudflare.com."]
    assert " 7 10000 " in soa[0]


def test_a_long_text_is_cut_into_strings() -> None:
    document = zones({"type": "TXT", "name": "key", "content": "k" * 400})

    packed = answer(DNSRecord.question("key.example.com", "TXT"), document).pack()

    assert [len(text) for text in DNSRecord.parse(packed).rr[0].rdata.data] == [255, 145]
