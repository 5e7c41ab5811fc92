"""Cloudflare's rulesets: a zone has one for each phase."""

from collections.abc import Sequence

from components import cloudflare_sdk as cloudflare
from components.component import Component
from components.dns import Dns

Rule = cloudflare.RulesetRuleArgsDict
Parameters = cloudflare.RulesetRuleActionParametersArgsDict


def rule(ref: str, description: str, expression: str, action: str, parameters: Parameters | None = None) -> Rule:
    """Return a rule; `ref` keeps its identity at Cloudflare when other rules are added or removed."""
    fields: Rule = {"ref": ref, "description": description, "expression": expression, "action": action, "enabled": True}
    return {**fields, "action_parameters": parameters} if parameters else fields


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
