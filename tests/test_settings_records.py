"""Which records beside the platform's own the settings take, and when they hide the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import settings
from components.mail import Mail
from settings import MailSettings
from tests.components.zone import DOMAIN, dns
from tests.engine import declare, secret_values, stack_config
from tests.some import some

SENDGRID = {"subdomain": "em1234", "account": "u1234567.wl123"}
HOST = {"ipv4": "192.0.2.1", "address": "vps.example.net"}


@pytest.fixture
def configuration(tmp_path: Path) -> dict[str, str]:
    """Return the sandbox's configuration, of the domain example.com, which is ready to come behind Cloudflare."""
    secrets = {f"neurmatic:{name}": value for name, value in secret_values().items()}
    required = json.dumps({"origin_pulls": "required"})
    return {**stack_config("sandbox", tmp_path), **secrets, "neurmatic:domain": DOMAIN, "neurmatic:edge": required}


def refused(configuration: dict[str, str], **changes: dict[str, Any]) -> list[settings.Problem]:
    """Return what is wrong with a configuration whose sections have these changes."""
    texts = dict(configuration)
    for name, change in changes.items():
        key = f"neurmatic:{name}"
        texts[key] = json.dumps(json.loads(texts.get(key, "{}")) | change)
    return settings.parse(texts, {f"neurmatic:{name}" for name in settings.SECRETS}, "sandbox")[1]


def record(type_: str, content: str, name: str = f"a.{DOMAIN}") -> dict[str, str]:
    return {"name": name, "type": type_, "content": content}


SHOWING = [
    record("A", "192.0.2.1"),
    record("CNAME", "vps.example.net"),
    record("CNAME", "VPS.example.net."),
    record("TXT", "192.0.2.1"),
    record("TXT", "v=spf1 ip4:192.0.2.1/32 -all"),
    record("TXT", "v=spf1 +a:vps.example.net -all"),
    record("TXT", "v=spf1 redirect=vps.example.net"),
    record("TXT", 'at "192.0.2.1:22".'),
]
HIDING = [
    record("A", "192.0.2.10"),
    record("CNAME", "other-vps.example.net"),
    record("CNAME", "vps.example.net.example.org"),
    record("TXT", "v=spf1 ip4:192.0.2.10 ip4:1.192.0.2.1 include:a.vps.example.net -all"),
]


@pytest.mark.parametrize("shown", SHOWING)
def test_behind_cloudflare_no_record_shows_the_host_without_a_reason(
    configuration: dict[str, str], shown: dict[str, str]
) -> None:
    zone = {"records": [record("A", "198.51.100.1", f"b.{DOMAIN}"), shown], "proxied": True}

    (problem,) = refused(configuration, host=HOST, dns=zone)

    assert problem.key == "neurmatic:dns.records[1]"
    assert problem.wrong == "a.example.com shows the host, which dns.proxied is to hide"
    assert "give the reason: dns.origin_shown_by: {a.example.com: …}" in problem.mend
    assert refused(configuration, host=HOST, dns={**zone, "origin_shown_by": {shown["name"]: "the way in"}}) == []
    assert refused(configuration, host=HOST, dns={**zone, "proxied": False}) == []


@pytest.mark.parametrize("hiding", HIDING)
def test_a_record_that_only_resembles_the_host_is_taken(configuration: dict[str, str], hiding: dict[str, str]) -> None:
    assert refused(configuration, host=HOST, dns={"records": [hiding], "proxied": True}) == []


def test_an_address_of_ipv6_is_found_however_it_is_written(configuration: dict[str, str]) -> None:
    host = {**HOST, "address": "2001:db8::1"}

    for shown in (record("AAAA", "2001:DB8:0::1"), record("TXT", "v=spf1 ip6:2001:db8:0::1/128 -all")):
        (problem,) = refused(configuration, host=host, dns={"records": [shown], "proxied": True})
        assert "shows the host" in problem.wrong
    assert refused(configuration, host=host, dns={"records": [record("AAAA", "2001:db8::11")], "proxied": True}) == []


@pytest.mark.parametrize(
    ("mail", "key"),
    [
        ({"exchanges": [{"host": "vps.example.net", "priority": 10}]}, "mail.exchanges[0].host"),
        ({"spf_includes": ["mail.example.net", "vps.example.net"]}, "mail.spf_includes[1]"),
    ],
)
def test_behind_cloudflare_mail_shows_the_host_only_for_a_reason(
    configuration: dict[str, str], mail: dict[str, Any], key: str
) -> None:
    (problem,) = refused(configuration, host=HOST, mail=mail, dns={"proxied": True})

    assert problem.key == f"neurmatic:{key}"
    assert "vps.example.net shows the host" in problem.wrong
    reason = {"vps.example.net": "the host takes the mail itself"}
    assert refused(configuration, host=HOST, mail=mail, dns={"proxied": True, "origin_shown_by": reason}) == []


def test_a_reason_for_what_no_one_declares_is_refused(configuration: dict[str, str]) -> None:
    (problem,) = refused(configuration, dns={"origin_shown_by": {"vpn.example.com": "the office's way in"}})

    assert problem.key == "neurmatic:dns.origin_shown_by"
    assert "names vpn.example.com, and neither records nor mail.exchanges" in problem.wrong


def test_behind_cloudflare_the_host_needs_no_ipv6_and_may_not_have_it(configuration: dict[str, str]) -> None:
    host = {"ipv6": "2001:db8::1"}

    (problem,) = refused(configuration, host=host, dns={"proxied": True})

    assert problem.key == "neurmatic:host.ipv6"
    assert "dns.proxied serves IPv6 without it" in problem.wrong
    assert problem.mend == "pulumi config rm --path 'neurmatic:host.ipv6'"
    assert refused(configuration, host=host) == []


def test_nobody_else_makes_a_record_that_the_platform_makes(configuration: dict[str, str]) -> None:
    def program() -> None:
        Mail(MailSettings.model_validate({"sendgrid": SENDGRID}), domain=DOMAIN, dns=dns(ipv6="2001:db8::7"))

    made = [each.inputs for each in declare(program).of_type(":DnsRecord") if each.inputs["type"] != "CAA"]

    assert {each["type"] for each in made} == {"A", "AAAA", "CNAME", "TXT"}
    for each in some(made):
        again = record(each["type"], each["content"].strip('"'), each["name"])
        (problem,) = refused(configuration, mail={"sendgrid": SENDGRID}, dns={"records": [again]})
        assert problem.key == "neurmatic:dns.records[0]", again
        assert "remove it from records" in problem.mend


@pytest.mark.parametrize(
    ("records", "key", "wrong"),
    [
        ([record("A", "192.0.2.9", "vpn.example.org")], "[0].name", "vpn.example.org is not below example.com"),
        ([record("A", "192.0.2.9", "vpn.notexample.com")], "[0].name", "is not below example.com"),
        ([record("A", "192.0.2.9", DOMAIN)], "[0]", "A example.com is a record that the platform makes itself"),
        ([record("CNAME", "example.net", DOMAIN)], "[0]", "stands beside A and AAAA"),
        ([record("CNAME", "example.net", f"_dmarc.{DOMAIN}")], "[0]", "stands beside TXT"),
        ([record("TXT", "hello", f"em1234.{DOMAIN}")], "[0]", "TXT em1234.example.com stands beside CNAME"),
        ([record("TXT", "V=SPF1 include:a.example -all", DOMAIN)], "[0]", "a second SPF policy"),
        ([record("TXT", "a"), record("CNAME", "example.net")], "[0]", "TXT a.example.com stands beside CNAME"),
        ([record("CNAME", "a.example.net"), record("CNAME", "b.example.net")], "[0]", "stands beside CNAME"),
        ([record("TXT", "a"), record("TXT", "b"), record("TXT", "a")], "[2]", "TXT a.example.com stands in records"),
        ([record("AAAA", "2001:db8::1"), record("AAAA", "2001:DB8:0::1")], "[1]", "stands in records twice"),
    ],
)
def test_records_that_dns_would_not_take_together_are_refused(
    configuration: dict[str, str], records: list[dict[str, str]], key: str, wrong: str
) -> None:
    (problem,) = refused(configuration, mail={"sendgrid": SENDGRID}, dns={"records": records})

    assert problem.key == f"neurmatic:dns.records{key}"
    assert wrong in problem.wrong


def test_records_that_dns_takes_beside_one_another_are_taken(configuration: dict[str, str]) -> None:
    records = [
        record("TXT", "token=A", DOMAIN),
        record("TXT", "token=a", DOMAIN),
        record("TXT", "v=spf1 -all"),
        record("TXT", "token=a", f"www.{DOMAIN}"),
        record("A", "198.51.100.1"),
        record("A", "198.51.100.2"),
        record("CNAME", "example.net", f"status.{DOMAIN}"),
        record("TXT", "v=DMARC1; p=none", f"_dmarc.a.{DOMAIN}"),
    ]

    assert refused(configuration, dns={"records": records}) == []
