"""What a rule for Cloudflare's rulesets lets through at other limits than its default ones."""

from __future__ import annotations

from typing import Any

import pytest

from policies.findings import findings
from policies.rules import RULES
from policies.rules.cloudflare_rulesets import RULESET
from policies.rules.cloudflare_zone import ZONE
from tests.policies.program import Declaration, Program

BY_ID = {rule.id: rule for rule in RULES}


def found(rule: str, ruleset: dict[str, Any], **limits: Any) -> bool:
    zone = Declaration(ZONE, "zone", {"name": "example.com"})
    judged = Declaration(RULESET, "ruleset", ruleset, refers={"zoneId": frozenset({"urn::zone"})})
    stack = Program([zone, judged]).stack()
    return any(findings(BY_ID[rule], stack.resources[1], stack, limits))


@pytest.mark.parametrize(
    ("plan", "most", "period", "timeout"),
    [("free", 1, 10, 10), ("pro", 2, 60, 3_600), ("business", 5, 600, 86_400)],
)
def test_rate_limits_are_as_large_as_the_plan_has_them_and_no_larger(
    plan: str, most: int, period: int, timeout: int
) -> None:
    def refused(count: int = most, longer: int = 0, blocked: int = 0) -> bool:
        limit = {"characteristics": ["ip.src"], "period": period + longer, "mitigationTimeout": timeout + blocked}
        ruleset = {"phase": "http_ratelimit", "rules": [{"ratelimit": limit}] * count}
        return found("rate-limits-fit-plan", ruleset, plan=plan)

    assert not refused()
    assert refused(most + 1)
    assert refused(longer=1)
    assert refused(blocked=1)


def test_a_plan_that_nobody_knows_is_refused() -> None:
    assert found("rate-limits-fit-plan", {"phase": "http_ratelimit", "rules": []}, plan="Pro")


def test_redirects_may_lead_to_further_names() -> None:
    to = {"fromValue": {"targetUrl": {"value": "https://docs.example.net/"}}}
    ruleset = {"phase": "http_request_dynamic_redirect", "rules": [{"action": "redirect", "actionParameters": to}]}

    assert found("redirects-stay-in-zone", ruleset)
    assert not found("redirects-stay-in-zone", ruleset, names=["docs.example.net"])
