"""A zone to try the components of the edge on."""

from __future__ import annotations

from typing import Any

from pydantic import HttpUrl

from components import cloudflare_sdk as cloudflare
from components.dns import Dns
from settings import CertificateSettings, DnsSettings, HostSettings
from tests.engine import Declared

DOMAIN = "example.com"


def host(**settings: Any) -> HostSettings:
    """Return the settings of a VPS that nobody reaches."""
    keys = {"ssh_private_key_file": __file__, "ssh_known_hosts_file": __file__, "ssh_host_key": "ssh-ed25519 AAAA"}
    return HostSettings.model_validate({"ipv4": "192.0.2.7", "address": "192.0.2.7", **keys, **settings})


def dns(*, ipv6: str | None = None, **settings: Any) -> Dns:
    """Declare the zone's records."""
    return Dns(
        DnsSettings(account_id="0123456789abcdef" * 2, **settings),
        domain=DOMAIN,
        host=host(ipv6=ipv6),
        certificate=CertificateSettings(
            directory_url=HttpUrl("https://acme.example/directory"), email="ops@example.com"
        ),
        provider=cloudflare.Provider("zone", api_token="canary"),
    )


def records(declared: Declared) -> set[tuple[str, str, str]]:
    """Return the name, type and content of every record."""
    return {
        (each.inputs["name"], each.inputs["type"], each.inputs["content"])
        for each in declared.of_type(":DnsRecord")
        if "content" in each.inputs
    }


def rules(declared: Declared, phase: str) -> list[dict[str, Any]]:
    """Return the rules of a phase, which has one ruleset at most."""
    found = [each.inputs["rules"] for each in declared.of_type(":Ruleset") if each.inputs["phase"] == phase]
    assert len(found) <= 1
    return [rule for ruleset in found for rule in ruleset]
