"""The part of Cloudflare's SDK that the platform uses; importing all 400 resources would take two seconds."""
# ruff: noqa: E402  what stands before the imports makes them cheap

import sys
from importlib.util import find_spec, module_from_spec

_NAME = "pulumi_cloudflare"

if _NAME not in sys.modules and (_spec := find_spec(_NAME)):
    # An empty package in its place: the real one only imports all of its modules.
    sys.modules[_NAME] = module_from_spec(_spec)

from pulumi_cloudflare._inputs import RulesetRuleActionParametersArgsDict as RulesetRuleActionParametersArgsDict
from pulumi_cloudflare._inputs import RulesetRuleArgsDict as RulesetRuleArgsDict
from pulumi_cloudflare.authenticated_origin_pulls_certificate import (
    AuthenticatedOriginPullsCertificate as AuthenticatedOriginPullsCertificate,
)
from pulumi_cloudflare.authenticated_origin_pulls_settings import (
    AuthenticatedOriginPullsSettings as AuthenticatedOriginPullsSettings,
)
from pulumi_cloudflare.dns_record import DnsRecord as DnsRecord
from pulumi_cloudflare.get_ip_ranges import get_ip_ranges as get_ip_ranges
from pulumi_cloudflare.provider import Provider as Provider
from pulumi_cloudflare.ruleset import Ruleset as Ruleset
from pulumi_cloudflare.zone import Zone as Zone
from pulumi_cloudflare.zone_dnssec import ZoneDnssec as ZoneDnssec
from pulumi_cloudflare.zone_setting import ZoneSetting as ZoneSetting
