"""A stack's own configuration of the pack, applied as the engine applies it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pulumi_policy import EnforcementLevel

from policies.rule import Rule

AnyRule = TypeVar("AnyRule", bound=Rule)
Configuration = Mapping[str, Mapping[str, Any]]


def load(file: Path) -> Configuration:
    """Read the file that `--policy-pack-config` names; nothing is configured where there is none."""
    if not file.exists():
        return {}
    return {
        rule: {"enforcementLevel": settings} if isinstance(settings, str) else settings
        for rule, settings in json.loads(file.read_text()).items()
    }


def configured(rules: Iterable[AnyRule], configuration: Configuration) -> list[AnyRule]:
    """Return the rules that a stack does not disable, at its own levels and limits."""
    all_rules = (_configured(rule, configuration) for rule in rules)
    return [rule for rule in all_rules if rule.level != _DISABLED]


def lowered(rules: Iterable[Rule], configuration: Configuration) -> Iterator[str]:
    """Yield the rules that a stack takes less seriously than the pack does, and how."""
    for rule in rules:
        level = _configured(rule, configuration).level
        if (level != rule.level and rule.level == EnforcementLevel.MANDATORY) or level == _DISABLED:
            yield f"{rule.id} is {level.value}"


_DISABLED = EnforcementLevel.DISABLED


def _configured(rule: AnyRule, configuration: Configuration) -> AnyRule:
    # "all" is the engine's word for every rule that is not named.
    settings = configuration.get(rule.id) or configuration.get("all") or {}
    level = EnforcementLevel(settings.get("enforcementLevel", rule.level))
    limits = {name: replace(limit, default=settings.get(name, limit.default)) for name, limit in rule.limits.items()}
    return replace(rule, level=level, limits=limits)
