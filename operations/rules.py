"""`neurmatic rules`: every rule of the policy pack and the audit."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

import click

from policies.host_rules import EVERY_RULE
from policies.rule import Rule

_WIDTH = 118


def show(words: Sequence[str], *, as_json: bool = False) -> int:
    """Print the rules that contain all the words; return 1 when there is none."""
    rules = [rule for rule in EVERY_RULE if all(word.lower() in f"{rule.id} {rule.sentence}".lower() for word in words)]
    click.echo(json.dumps([_plain(rule) for rule in rules], indent=2) if as_json else _text(rules))
    return 0 if rules else 1


def _plain(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "severity": rule.severity.value,
        "sentence": rule.sentence,
        "mend": rule.mend,
        "limits": {name: limit.default for name, limit in rule.limits.items()},
        "framework": _framework(rule),
        "url": rule.url,
    }


def _text(rules: Sequence[Rule]) -> str:
    lines = []
    for rule in rules:
        source = f"{_framework(rule)}: {rule.url}"
        limits = [f"limit {name} = {limit.default!r}: {limit.says}" for name, limit in rule.limits.items()]
        lines.append(f"{rule.id}  ({rule.level.value}, {rule.severity.value})")
        lines += [_indented(text) for text in (rule.sentence, f"mend: {rule.mend}", *limits, source)]
    mandatory = sum(rule.level.value == "mandatory" for rule in rules)
    return "\n".join([*lines, f"{len(rules)} rules, {mandatory} of them mandatory"])


def _framework(rule: Rule) -> str:
    return f"{rule.framework.name} {rule.framework.version}, {rule.framework.reference}"


def _indented(text: str) -> str:
    return textwrap.indent(textwrap.fill(text, _WIDTH - 4, break_long_words=False, break_on_hyphens=False), "    ")
