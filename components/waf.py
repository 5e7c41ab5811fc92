"""What Cloudflare refuses before it reaches nginx."""

from collections.abc import Iterator

from components.component import Component
from components.dns import Dns
from components.expressions import ANY_CASE_PATH, CHALLENGE, PATH, all_of, begins, contains, one_of, within
from components.ruleset import Parameters, Rule, rule, ruleset
from settings import EdgeSettings, RateLimitSettings

# The same in all accounts: developers.cloudflare.com/waf/managed-rules/#available-managed-rulesets
_FREE = "77454fe2d30c4220b5701f6fdfb893ba"
_MANAGED = "efb7b8c949ac4650a09736fc376e9aee"
_OWASP = "4814384a9e5d4991b9815dcfc25d2f1f"
_OWASP_LEVELS = 4
_DDOS = "4d21379b4f9f4bb088e0729962c8b3cf"


class Waf(Component):
    """Cloudflare's managed rules and our own, rate limits, and the sensitivity to floods."""

    def __init__(self, settings: EdgeSettings, *, dns: Dns) -> None:
        super().__init__(providers=[dns.provider])
        for name, phase, title, rules in (
            ("waf-managed", "http_request_firewall_managed", "Known attacks", managed_rules(settings)),
            ("waf-custom", "http_request_firewall_custom", "What nobody asks for in good faith", own_rules(settings)),
            ("waf-rate-limits", "http_ratelimit", "Too many requests", [*map(_limited, settings.rate_limits)]),
            ("waf-ddos", "ddos_l7", "Floods", [_against_floods(settings)]),
        ):
            ruleset(name, phase, title, rules, dns=dns, component=self)


def managed_rules(settings: EdgeSettings) -> list[Rule]:
    """Return the rules that execute the managed rulesets of the plan."""
    if settings.plan == "free":
        return [rule("waf-managed-free", "Cloudflare's free rules", "true", "execute", {"id": _FREE})]
    level = settings.owasp_paranoia_level or 1
    owasp: Parameters = {"id": _OWASP}
    if level < _OWASP_LEVELS:
        # A level includes the lower ones, and is set by disabling the higher ones.
        above = range(level + 1, _OWASP_LEVELS + 1)
        owasp["overrides"] = {"categories": [{"category": f"paranoia-level-{n}", "enabled": False} for n in above]}
    return [
        rule("waf-managed-cloudflare", "Cloudflare's rules", "true", "execute", {"id": _MANAGED}),
        rule("waf-managed-owasp", f"OWASP's rules, paranoia level {level}", "true", "execute", owasp),
    ]


def own_rules(settings: EdgeSettings) -> list[Rule]:
    """Return our own rules, at most four of the five that every plan allows; none blocks http-01 challenges."""
    return [
        rule(f"waf-custom-{name}", description, all_of([*conditions, f"not {CHALLENGE}"]), "block")
        for name, description, *conditions in _blocked(settings)
    ]


def _blocked(settings: EdgeSettings) -> Iterator[tuple[str, ...]]:
    """Yield the rules: a name, a description, and the conditions that all have to hold."""
    yield "methods", "Methods that nothing answers", f"not {one_of('http.request.method', settings.allowed_methods)}"
    if settings.blocked_paths:
        yield "paths", "Paths that only scanners ask for", begins(ANY_CASE_PATH, map(str.lower, settings.blocked_paths))
    if settings.admin_paths:
        admin_path = begins(ANY_CASE_PATH, map(str.lower, settings.admin_paths))
        foreign = [f"not {within('ip.src', settings.admin_networks)}"] if settings.admin_networks else []
        yield "admin", "Administration from foreign networks", admin_path, *foreign
    if settings.blocked_agents:
        yield "agents", "Scanners by their own name", contains("lower(http.user_agent)", settings.blocked_agents)


def _limited(limit: RateLimitSettings) -> Rule:
    return {
        **rule(
            f"waf-rate-limit-{limit.name}",
            f"More than {limit.requests} requests in {limit.period_seconds} s below {limit.path}",
            begins(PATH, [limit.path]),
            "block",
        ),
        "ratelimit": {
            # By address and data centre, which is what every plan allows.
            "characteristics": ["cf.colo.id", "ip.src"],
            "period": limit.period_seconds,
            "requests_per_period": limit.requests,
            "mitigation_timeout": limit.block_seconds,
            "requests_to_origin": False,
        },
    }


def _against_floods(settings: EdgeSettings) -> Rule:
    # The API calls the highest level "default".
    level = "default" if settings.ddos_sensitivity == "high" else settings.ddos_sensitivity
    parameters: Parameters = {"id": _DDOS, "overrides": {"sensitivity_level": level}}
    return rule("waf-ddos", f"Floods, sensitivity {settings.ddos_sensitivity}", "true", "execute", parameters)
