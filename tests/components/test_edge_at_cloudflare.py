"""All that the edge declares, given to the sandbox's Cloudflare by the stand-in of its plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from components.cdn import Cdn
from components.edge import Edge
from components.mail import Mail
from components.waf import Waf
from settings import EdgeSettings, ExchangeSettings, MailSettings, RecordSettings, SendgridSettings, TlsSettings
from standins.cloudflare.zone import Zone
from standins.provider.resource import Resource
from standins.services.cloudflare import on_loopback
from tests.components.zone import DOMAIN, dns
from tests.engine import Declared, declare
from tests.some import some
from tests.standins.cloudflare_account import TOKEN, entered
from tests.standins.services.certificates import pair

CLIENT = pair("client")


def whole_edge(plan: str) -> Declared:
    further = (
        RecordSettings(name="status.example.com", type="CNAME", content="status.example.net"),
        RecordSettings(name="example.com", type="TXT", content="token=" + "a" * 300),
    )
    mail = MailSettings(
        sendgrid=SendgridSettings(subdomain="em1234", account="u1234567.wl123"),
        exchanges=(ExchangeSettings(host="mx.example.net", priority=10),),
    )
    networks = ["198.51.100.0/24", "2001:db8::/32"]
    edge = EdgeSettings.model_validate({"plan": plan, "origin_pulls": "required", "admin_networks": networks})

    def program() -> None:
        zone = dns(proxied=True, ipv6="2001:db8::7", records=further)
        Mail(mail, domain=DOMAIN, dns=zone)
        Edge(
            edge, tls=TlsSettings(), client_certificate=pulumi.Output.secret(CLIENT.key + CLIENT.certificate), dns=zone
        )
        Waf(edge, dns=zone)
        Cdn(edge, domain=DOMAIN, dns=zone)

    return declare(program)


def kinds(of: type[Resource[Any]] = Resource) -> Iterator[type[Resource[Any]]]:
    """Yield all resources that the stand-ins know."""
    for each in of.__subclasses__():
        yield each
        yield from kinds(each)


@pytest.mark.parametrize("plan", ["free", "pro", "business"])
def test_cloudflare_takes_all_and_shows_it_again_as_it_was_declared(plan: str) -> None:
    declared = whole_edge(plan)
    known = {each.handles: each for each in kinds() if hasattr(each, "handles")}

    with on_loopback(TOKEN, plan=plan) as url:
        cloudflare = entered(url)
        zone = Zone(cloudflare).create({"account": {"id": "a"}, "name": DOMAIN})[0]
        for each in some(declared.made):
            if each.name in ("zone", "dns-zone"):
                continue
            inputs, resource = {**each.inputs, "zoneId": zone}, known[each.type](cloudflare)
            assert list(resource.check(inputs)) == [], each.name
            number, outputs = resource.create(inputs)
            shown = resource.read(number, inputs, outputs)
            assert shown is not None
            assert shown[0] == inputs, f"{each.name} would be a change at every refresh"
        cloudflare.close()
