"""A plan as a comment of a pull request."""

from __future__ import annotations

import re

from operations.preview import terminal
from operations.preview.plan import Plan
from operations.preview.verdict import KNOWN, Finding

# GitHub's limit of a comment is 65,536 characters; two stacks share one.
LONGEST = 30_000
# A backslash does not keep a bar from ending a cell, and a word joiner keeps @somebody from being told.
_ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\`*_[]#~"} | {sign: f"&#{ord(sign)};" for sign in "<>|"} | {"@": "@\u2060"}
)
_SIGNS = {"mandatory": "❌", "advisory": "⚠️", "waived": "🕒"}


def render(plan: Plan) -> str:
    """Return the plan: verdict and findings in the open, what changes behind a fold."""
    sign = _SIGNS["mandatory"] if plan.refused else "✅"
    lines = [f"### {sign} {_escaped(plan.stack)}", "", _escaped(plan.line), ""]
    lines += [f"**{_escaped(line.removeprefix('!! '))}**\n" for line in terminal.losses(plan)]
    lines += [_escaped(plan.verdict.line), ""]
    lines += [f"**configured: {_escaped(each)}**\n" for each in plan.lowered]
    lines += [f"{_escaped(plan.expiring)}\n"] if plan.expiring else []
    if plan.verdict.findings:
        lines += ["| | rule | resource | what is wrong | mend |", "|---|---|---|---|---|"]
        rows = [_row(each) for level in _SIGNS for each in plan.verdict.of(level)]
        lines += [_cut("\n".join(rows), LONGEST // 2), ""]
    if plan.errors:
        lines += _folded("The engine refuses", _cut("\n".join(plan.errors), LONGEST // 4), open_=True)
    changes = "\n".join(terminal.changes(plan)).strip("\n")
    if changes:
        lines += _folded("What changes", _cut(changes, LONGEST - sum(map(len, lines))))
    return "\n".join(lines) + "\n"


def _cut(text: str, room: int) -> str:
    """Return as many whole lines as there is room for, and say where the others are."""
    if len(text) <= room:
        return text
    kept = text[: max(0, room)].rpartition("\n")[0]
    return f"{kept}\n\n… {text.count(chr(10)) - kept.count(chr(10))} more lines are in the artefacts of this run"


def _row(finding: Finding) -> str:
    known = KNOWN.get(finding.rule)
    rule = f"[{_escaped(finding.rule)}]({known.url})" if known else _escaped(finding.rule)
    mend = "" if finding.level == "waived" else finding.mend
    cells = (_SIGNS[finding.level], rule, *map(_escaped, (finding.resource, finding.text, mend)))
    return f"| {' | '.join(cells)} |"


def _folded(title: str, text: str, *, open_: bool = False) -> list[str]:
    # A fence longer than any in the text, so that the text cannot end it.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"<details{' open' if open_ else ''}><summary>{title}</summary>", "", fence, text, fence, "</details>", ""]


def _escaped(text: str) -> str:
    """Return text that neither ends a cell nor becomes markup, a link or a mention."""
    return text.replace("://", ":\u2060//").replace("www.", "www\u2060.").translate(_ESCAPES)
