"""`neurmatic rules`: every rule of the policy pack and the audit, with how to mend what it finds."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

from policies.live import EVERY_RULE

_WIDTH = 118


def show(words: Sequence[str]) -> int:
    """Print the rules that have all the words; return 1 where none has."""
    found = [rule for rule in EVERY_RULE if all(word.lower() in f"{rule.id} {rule.sentence}".lower() for word in words)]
    for rule in found:
        framework = rule.framework
        source = f"{framework.name} {framework.version}, {framework.reference}: {rule.url}"
        limits = [f"limit {name} = {limit.default!r}: {limit.says}" for name, limit in rule.limits.items()]
        sys.stdout.write(f"{rule.id}  ({rule.level.value}, {rule.severity.value})\n")
        for text in (rule.sentence, f"mend: {rule.mend}", *limits, source):
            sys.stdout.write(
                textwrap.indent(textwrap.fill(text, _WIDTH - 4, break_long_words=False, break_on_hyphens=False), "    ")
                + "\n"
            )
    mandatory = sum(rule.level.value == "mandatory" for rule in found)
    sys.stdout.write(f"{len(found)} rules, {mandatory} of them mandatory\n")
    return 0 if found else 1
