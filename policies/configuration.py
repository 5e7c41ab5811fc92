"""A stack's own configuration of the pack, as the engine takes it, for whoever else asks the rules."""

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
    said = json.loads(file.read_text())
    return {rule: {"enforcementLevel": each} if isinstance(each, str) else each for rule, each in said.items()}


def configured(rules: Iterable[AnyRule], configuration: Configuration) -> list[AnyRule]:
    """Return the rules at a stack's own levels and limits, those left out that it disables."""
    return [each for each in (_configured(rule, configuration) for rule in rules) if each.level != _DISABLED]


def lowered(rules: Iterable[Rule], configuration: Configuration) -> Iterator[str]:
    """Yield the rules that a stack takes less seriously than the pack does, and how."""
    for rule in rules:
        level = _configured(rule, configuration).level
        if (level != rule.level and rule.level == EnforcementLevel.MANDATORY) or level == _DISABLED:
            yield f"{rule.id} is {level.value}"


_DISABLED = EnforcementLevel.DISABLED


def _configured(rule: AnyRule, configuration: Configuration) -> AnyRule:
    # "all" is the engine's word for every rule that is not named.
    said = configuration.get(rule.id) or configuration.get("all") or {}
    level = EnforcementLevel(said["enforcementLevel"]) if "enforcementLevel" in said else rule.level
    limits = {name: replace(limit, default=said.get(name, limit.default)) for name, limit in rule.limits.items()}
    return replace(rule, level=level, limits=limits)
