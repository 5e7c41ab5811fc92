"""All that the stand-in knows."""

from __future__ import annotations

from typing import Any

from sandbox.providers.cloudflare.account import Account, connect
from sandbox.providers.cloudflare.dns_record import DnsRecord
from sandbox.providers.cloudflare.ip_ranges import GetIpRanges
from sandbox.providers.cloudflare.origin_pulls import OriginPullsCertificate, OriginPullsSettings
from sandbox.providers.cloudflare.ruleset import Ruleset
from sandbox.providers.cloudflare.zone import Zone
from sandbox.providers.cloudflare.zone_dnssec import ZoneDnssec
from sandbox.providers.cloudflare.zone_setting import ZoneSetting
from sandbox.providers.standin import StandIn

RESOURCES: list[Any] = [
    DnsRecord,
    OriginPullsCertificate,
    OriginPullsSettings,
    Ruleset,
    Zone,
    ZoneDnssec,
    ZoneSetting,
]


def provider() -> StandIn[Account]:
    """Make the plugin."""
    return StandIn("cloudflare", "pulumi_cloudflare.provider:ProviderArgs", connect, RESOURCES, [GetIpRanges])
