"""The resources and functions that the stand-in offers."""

from __future__ import annotations

from typing import Any

from standins.cloudflare.account import Account, connect
from standins.cloudflare.dns_record import DnsRecord
from standins.cloudflare.ip_ranges import GetIpRanges
from standins.cloudflare.origin_pulls import OriginPullsCertificate, OriginPullsSettings
from standins.cloudflare.ruleset import Ruleset
from standins.cloudflare.zone import Zone
from standins.cloudflare.zone_dnssec import ZoneDnssec
from standins.cloudflare.zone_setting import ZoneSetting
from standins.provider.standin import StandIn

RESOURCES: list[Any] = [DnsRecord, OriginPullsCertificate, OriginPullsSettings, Ruleset, Zone, ZoneDnssec, ZoneSetting]


def provider() -> StandIn[Account]:
    """Make the plugin."""
    return StandIn("cloudflare", "pulumi_cloudflare.provider:ProviderArgs", connect, RESOURCES, [GetIpRanges])
