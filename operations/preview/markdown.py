"""A plan as a comment on a pull request."""

from __future__ import annotations

import re

from operations.preview import terminal
from operations.preview.plan import Plan
from operations.preview.verdict import KNOWN, Finding

# GitHub's limit of a comment is 65,536 characters; two stacks share one.
LONGEST = 30_000
# A backslash does not keep a bar from ending a table cell; a word joiner keeps @somebody from being mentioned.
_ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\`*_[]#~"} | {sign: f"&#{ord(sign)};" for sign in "<>|"} | {"@": "@\u2060"}
)
_SIGNS = {"mandatory": "❌", "advisory": "⚠️", "waived": "🕒"}


def render(plan: Plan) -> str:
    """Return the plan: verdict and findings visible, changes folded."""
    sign = _SIGNS["mandatory"] if plan.refused else "✅"
    lines = [f"### {sign} {_escaped(plan.stack)}", "", _escaped(plan.line), ""]
    lines += [f"**{_escaped(line.removeprefix('!! '))}**\n" for line in terminal.losses(plan)]
    lines += [_escaped(plan.verdict.line), ""]
    lines += [f"**configured: {_escaped(rule)}**\n" for rule in plan.lowered]
    lines += [f"{_escaped(plan.expiring)}\n"] if plan.expiring else []
    if plan.verdict.findings:
        lines += ["| | rule | resource | what is wrong | mend |", "|---|---|---|---|---|"]
        rows = [_row(finding) for level in _SIGNS for finding in plan.verdict.of(level)]
        lines += [_cut("\n".join(rows), LONGEST // 2), ""]
    if plan.errors:
        lines += _folded("The engine refuses", _cut("\n".join(plan.errors), LONGEST // 4), open_=True)
    if changes := "\n".join(terminal.changes(plan)).strip("\n"):
        lines += _folded("What changes", _cut(changes, LONGEST - sum(map(len, lines))))
    return "\n".join(lines) + "\n"


def _cut(text: str, room: int) -> str:
    """Return the lines that fit into so many characters, and a note on the others."""
    if len(text) <= room:
        return text
    kept = text[: max(0, room)].rpartition("\n")[0]
    return f"{kept}\n\n… {text.count(chr(10)) - kept.count(chr(10))} more lines are in the artefacts of this run"


def _row(finding: Finding) -> str:
    name, rule = _escaped(finding.rule), KNOWN.get(finding.rule)
    mend = "" if finding.level == "waived" else finding.mend
    link = f"[{name}]({rule.url})" if rule else name
    cells = (_SIGNS[finding.level], link, *map(_escaped, (finding.resource, finding.text, mend)))
    return f"| {' | '.join(cells)} |"


def _folded(title: str, text: str, *, open_: bool = False) -> list[str]:
    # Longer than any fence in the text, so that the text cannot close it.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"<details{' open' if open_ else ''}><summary>{title}</summary>", "", fence, text, fence, "</details>", ""]


def _escaped(text: str) -> str:
    """Return text that cannot end a table cell or become markup, a link or a mention."""
    return text.replace("://", ":\u2060//").replace("www.", "www\u2060.").translate(_ESCAPES)
