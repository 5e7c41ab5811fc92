"""What DNS says of the domain's mail."""

from __future__ import annotations

from typing import Any

import pytest

from components.mail import Mail, spf
from settings import ExchangeSettings, MailSettings, SendgridSettings
from tests.components.zone import DOMAIN, dns, records
from tests.engine import Declared, declare
from tests.some import some

SENDGRID = SendgridSettings(subdomain="em1234", account="u1234567.wl123")


def mail(*, proxied: bool = False, **settings: Any) -> Declared:
    return declare(lambda: void(Mail(MailSettings(**settings), domain=DOMAIN, dns=dns(proxied=proxied))))


def void(_: object) -> None:
    """Programs return nothing."""


def content(declared: Declared, name: str, type_: str) -> str:
    (found,) = (each[2] for each in records(declared) if each[:2] == (name, type_))
    return found


def test_of_a_domain_without_mail_receivers_are_told_that_nobody_sends_for_it() -> None:
    assert content(mail(), "example.com", "TXT") == '"v=spf1 -all"'
    assert content(mail(), "_dmarc.example.com", "TXT") == '"v=DMARC1; p=quarantine; adkim=s; aspf=r"'
    assert {type_ for _, type_, _ in records(mail())} == {"A", "TXT"}


def test_sendgrid_is_authenticated_by_the_three_names_that_it_asks_for() -> None:
    assert {each for each in records(mail(sendgrid=SENDGRID)) if each[1] == "CNAME"} == {
        ("em1234.example.com", "CNAME", "u1234567.wl123.sendgrid.net"),
        ("s1._domainkey.example.com", "CNAME", "s1.domainkey.u1234567.wl123.sendgrid.net"),
        ("s2._domainkey.example.com", "CNAME", "s2.domainkey.u1234567.wl123.sendgrid.net"),
    }


def test_the_one_spf_policy_names_sendgrid_and_all_further_senders() -> None:
    declared = mail(sendgrid=SENDGRID, spf_includes=("spf.protection.outlook.com",), spf_all="~all")

    assert (
        content(declared, "example.com", "TXT")
        == '"v=spf1 include:sendgrid.net include:spf.protection.outlook.com ~all"'
    )


def test_as_many_senders_as_settings_take_stay_within_the_lookups_that_receivers_do() -> None:
    most = MailSettings(sendgrid=SENDGRID, spf_includes=tuple(f"spf{n}.example.net" for n in range(8)))

    assert spf(most).count("include:") <= 10, "RFC 7208, 4.6.4"


def test_a_policy_longer_than_a_string_reaches_receivers_whole() -> None:
    senders = tuple(f"{'x' * 60}.spf{n}.example.net" for n in range(8))

    strings = content(mail(spf_includes=senders), "example.com", "TXT")[1:-1].split('" "')

    assert max(map(len, strings)) == 255
    assert "".join(strings) == " ".join(["v=spf1", *(f"include:{each}" for each in senders), "-all"])


def test_dmarc_says_what_becomes_of_forged_mail_and_who_hears_of_it() -> None:
    declared = mail(dmarc_policy="reject", dmarc_reports="dmarc@example.com")

    assert content(declared, "_dmarc.example.com", "TXT") == (
        '"v=DMARC1; p=reject; rua=mailto:dmarc@example.com; adkim=s; aspf=r"'
    )


def test_mail_servers_are_tried_in_their_order() -> None:
    declared = mail(exchanges=tuple(ExchangeSettings(host=f"mx{n}.example.net", priority=n * 10) for n in (1, 2)))

    found = [each.inputs for each in declared.of_type(":DnsRecord") if each.inputs["type"] == "MX"]
    assert {(each["name"], each["content"], each["priority"]) for each in found} == {
        ("example.com", "mx1.example.net", 10),
        ("example.com", "mx2.example.net", 20),
    }


@pytest.mark.parametrize("proxied", [False, True])
def test_mail_never_passes_cloudflares_proxy_and_its_records_live_as_long_as_all(proxied: bool) -> None:
    exchange = ExchangeSettings(host="mx.example.net", priority=10)
    declared = mail(proxied=proxied, sendgrid=SENDGRID, exchanges=(exchange,))

    found = [each for each in declared.of_type(":DnsRecord") if each.name.startswith("mail-")]
    assert len(found) == 6
    assert not any(each.inputs["proxied"] for each in some(found))
    assert {each.inputs["ttl"] for each in found} == {1 if proxied else 300}
