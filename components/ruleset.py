"""Cloudflare's rulesets: one of a zone for each phase, replaced whole."""

from collections.abc import Sequence

from components import cloudflare_sdk as cloudflare
from components.component import Component
from components.dns import Dns

Rule = cloudflare.RulesetRuleArgsDict
Parameters = cloudflare.RulesetRuleActionParametersArgsDict


def rule(
    ref: str,
    description: str,
    expression: str,
    action: str,
    parameters: Parameters | None = None,
) -> Rule:
    """Return a rule; `ref` keeps its identity at Cloudflare when others come and go."""
    made: Rule = {"ref": ref, "description": description, "expression": expression, "action": action, "enabled": True}
    return {**made, "action_parameters": parameters} if parameters else made


def ruleset(
    name: str, phase: str, title: str, rules: Sequence[Rule], *, dns: Dns, component: Component
) -> cloudflare.Ruleset:
    """Declare the zone's rules of a phase."""
    return cloudflare.Ruleset(
        name,
        zone_id=dns.zone_id,
        kind="zone",
        phase=phase,
        name=title,
        description=title,
        rules=rules,
        # Cloudflare refuses a second ruleset of the same phase.
        opts=component.child(delete_before_replace=True),
    )
