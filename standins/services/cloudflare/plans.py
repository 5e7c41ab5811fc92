"""What each of Cloudflare's plans has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from standins.services.cloudflare.envelope import RefusalError

FREE_MANAGED_RULESET = "77454fe2d30c4220b5701f6fdfb893ba"
MANAGED_RULESET = "efb7b8c949ac4650a09736fc376e9aee"
OWASP_RULESET = "4814384a9e5d4991b9815dcfc25d2f1f"
DDOS_RULESET = "4d21379b4f9f4bb088e0729962c8b3cf"

# developers.cloudflare.com/waf/rate-limiting-rules/#availability, as of 2026-08: periods and timeouts in seconds.
PERIODS = (10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 65535, 86400)
_FREE_FIELDS = frozenset({"http.request.uri.path", "cf.bot_management.verified_bot", "cf.client.bot"})
_PRO_FIELDS = _FREE_FIELDS | {"http.host", "http.request.uri", "http.request.full_uri", "http.request.uri.query"}
_BUSINESS_FIELDS = _PRO_FIELDS | {"http.request.method", "http.user_agent", "ip.src"}


@dataclass(frozen=True)
class Plan:
    """A plan that a zone can have."""

    id: str
    name: str
    rules: Mapping[str, int]
    """How many rules a phase holds; a phase that is not named has no limit."""
    longest_period: int
    longest_timeout: int
    rate_limit_fields: frozenset[str]
    managed_rulesets: frozenset[str]
    regex: bool
    counting_expression: bool
    shortest_edge_ttl: int
    """Seconds; developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl/."""

    @property
    def is_paid(self) -> bool:
        """Say whether it costs anything."""
        return self.id != "free"

    @property
    def periods(self) -> tuple[int, ...]:
        """The periods over which it counts requests."""
        return tuple(period for period in PERIODS if period <= self.longest_period)

    @property
    def timeouts(self) -> tuple[int, ...]:
        """How long its rate limits block."""
        return tuple(period for period in PERIODS if period <= self.longest_timeout)


def _rules(custom: int, rate_limits: int, others: int) -> dict[str, int]:
    return {
        "http_request_firewall_custom": custom,
        "http_ratelimit": rate_limits,
        "http_config_settings": others,
        "http_request_cache_settings": others,
        "http_request_dynamic_redirect": others,
        "ddos_l7": 1,
    }


_PAID_RULESETS = frozenset({FREE_MANAGED_RULESET, MANAGED_RULESET, OWASP_RULESET, DDOS_RULESET})
PLANS = {
    plan.id: plan
    for plan in (
        Plan(
            "free",
            "Free Website",
            _rules(custom=5, rate_limits=1, others=10),
            longest_period=10,
            longest_timeout=10,
            rate_limit_fields=_FREE_FIELDS,
            managed_rulesets=frozenset({FREE_MANAGED_RULESET, DDOS_RULESET}),
            regex=False,
            counting_expression=False,
            shortest_edge_ttl=7200,
        ),
        Plan(
            "pro",
            "Pro Website",
            _rules(custom=20, rate_limits=2, others=25),
            longest_period=60,
            longest_timeout=3600,
            rate_limit_fields=_PRO_FIELDS,
            managed_rulesets=_PAID_RULESETS,
            regex=False,
            counting_expression=False,
            shortest_edge_ttl=3600,
        ),
        Plan(
            "business",
            "Business Website",
            _rules(custom=100, rate_limits=5, others=50),
            longest_period=600,
            longest_timeout=86400,
            rate_limit_fields=_BUSINESS_FIELDS,
            managed_rulesets=_PAID_RULESETS,
            regex=True,
            counting_expression=True,
            shortest_edge_ttl=1,
        ),
    )
}


def plan(name: object) -> Plan:
    """Return the plan with this id; raises RefusalError for an unknown one (code not verified)."""
    if not isinstance(name, str) or name not in PLANS:
        raise RefusalError(400, 1211, f"rate_plan.id: the sandbox's Cloudflare sells {', '.join(PLANS)}")
    return PLANS[name]
