"""Shell scripts, read without running them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from pulumi_policy.proxy import UnknownValueError

from policies.rule import Resource, read

COMMANDS = ("command:remote:Command", "command:local:Command")
"""The resources that run a script."""

UNRESOLVED = "\0"
"""Stands in a word for what only the shell would know."""
_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<plain>[^\s'"\\;&|<>()]+|['"\\])""",
    re.DOTALL,
)
_VARIABLE = re.compile(r"""\\([$`"\\])|\\\n|\$(?:\{(\w+)\}|([A-Za-z_]\w*))|[$`]""")
_SUBSTITUTION = re.compile(rf"{UNRESOLVED}\((.+)\)", re.DOTALL)  # in double quotes
_SKIPPED = re.compile(r"(?:[^\S\n]|\\\n)+|#[^\n]*|\|(?!\|)\s*")  # a pipe too: what stands on its two sides is one order
_HEREDOC = re.compile(r"\d*<<-?[ \t]*(?P<quote>['\"]?)(?P<end>[\w.]+)(?P=quote)")
_REDIRECTION = re.compile(r"\d*(?P<sign>&>>?|<<<|<>|>>|>\||[<>])(?P<stream>&(?:\d+|-))?")
_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
_BEFORE_AN_ORDER = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "sudo", "exec"}


class _Reader:
    """Reads the orders of a shell script: the words of each pipeline, with the variables that the script sets."""

    def __init__(self, script: str) -> None:
        self._script = script
        self.variables: dict[str, str] = {}
        self._at = 0

    def orders(self) -> Iterator[list[str]]:
        """Yield the words of each order and its here documents; ">" stands before the file that it writes."""
        words: list[str] = []
        documents: list[re.Match[str]] = []
        while self._at < len(self._script):
            if self._take(_SKIPPED):
                continue
            if heredoc := self._take(_HEREDOC):
                documents.append(heredoc)
            elif redirection := self._take(_REDIRECTION):
                if ">" in redirection["sign"] and not redirection["stream"]:
                    words.append(">")
            elif self._script[self._at] in ";&|()\n":
                if self._script[self._at] == "\n":
                    words += [self._document(each) for each in documents]
                    documents = []
                self._at += 1
                yield from self._ended(words)
                words = []
            else:
                words.append(self._word())
        yield from self._ended(words)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._script, self._at)
        self._at = found.end() if found else self._at
        return found

    def _word(self) -> str:
        word = ""
        while piece := self._take(_PIECE):
            if piece["single"] is not None:
                word += piece["single"]
            elif piece["escaped"] is not None:
                word += piece["escaped"].replace("\n", "")
            else:
                word += self._known(piece["plain"] if piece["double"] is None else piece["double"])
        return word

    def _known(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[0].startswith("\\"):
                return found[1] or ""
            return self.variables.get(found[2] or found[3], UNRESOLVED)

        return _VARIABLE.sub(value, text)

    def _document(self, heredoc: re.Match[str]) -> str:
        """Return the here document that begins on the next line."""
        ended = re.compile(rf"\n((?:.*\n)*?)\t*{re.escape(heredoc['end'])}(?=\n|$)").match(self._script, self._at)
        if ended is None:
            return UNRESOLVED  # none, but 1<<2 of arithmetic
        self._at = ended.end()
        return ended[1] if heredoc["quote"] else self._known(ended[1])

    def _ended(self, words: list[str]) -> Iterator[list[str]]:
        while words and words[0] in _BEFORE_AN_ORDER:
            words = words[1:]
        for word in words:
            for substitution in _SUBSTITUTION.finditer(word):
                yield from _Reader(substitution[1]).orders()
        words = [_SUBSTITUTION.sub(UNRESOLVED, word) for word in words]
        if words[:1] in (["for"], ["read"]):
            self.variables |= dict.fromkeys(words[1:], UNRESOLVED)
        assigned = [_ASSIGNMENT.fullmatch(word) for word in words if word not in ("export", "readonly", "local")]
        if not all(assigned):
            yield words
            return
        for found in filter(None, assigned):
            # Set twice, it depends on what the script does between.
            known = self.variables.get(found[1], found[2]) == found[2]
            self.variables[found[1]] = found[2] if known else UNRESOLVED


@lru_cache(maxsize=64)
def orders(script: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each order of a script: a pipeline is one, and "if" or "sudo" before it is none of its words.

    Here documents are words, and ">" stands before the file that an order writes. Variables that the script sets once
    have their values; the bodies of functions and of conditions are read as if they ran.
    """
    return tuple(tuple(words) for words in _Reader(script).orders())


_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|a|k|mk|z)?sh")
_STANDARD_INPUT = {"-", "/dev/stdin", "/proc/self/fd/0"}
_RUN = ("create", "update")
_PIPED = re.compile(r"""\bprintf %s "\$(\w+)" \|(?!\|)""")
_QUOTED = r"""(?:'[^']*'|"[^"]*"|[^\s'"])*"""


def scripts(resource: Resource, keys: Sequence[str] = _RUN, *, known: bool = False) -> Iterator[tuple[str, str]]:
    """Yield key and text of what a command runs: its own words, and what a shell among them reads as its script.

    With `known`, without those that nobody knows yet.
    """
    for key in (*keys, *(["stdin"] if reads_script(resource) else [])):
        try:
            text = read(resource.inputs, key)
        except UnknownValueError:
            if known:
                continue
            raise
        if text is not None:
            yield key, str(text)


def reads_script(resource: Resource) -> bool:
    """Return whether a command is a shell that runs what it has on standard input."""
    for key in _RUN:
        try:
            text = str(read(resource.inputs, key) or "")
        except UnknownValueError:
            continue
        if any(_runs_input(words) for words in orders(text)):
            return True
    return False


def _runs_input(words: tuple[str, ...]) -> bool:
    """Return whether the first shell among the words of an order has no script but its standard input."""
    rest = iter(words)
    if not any(_SHELLS.fullmatch(word) for word in rest):
        return False
    for word in rest:
        if word in _STANDARD_INPUT or not word.startswith(("-", "+")):
            return word in _STANDARD_INPUT
        if not word.startswith("--") and ("c" in word or "s" in word):
            return "c" not in word
        if word in ("-o", "+o", "--rcfile", "--init-file"):
            next(rest, None)
    return True


def inputs(resource: Resource) -> list[str]:
    """Return what a command's script has on standard input: the command's own, or what the script there pipes on."""
    given = read(resource.inputs, "stdin")
    if given is None:
        return []
    return piped(str(given)) if reads_script(resource) else [str(given)]


@lru_cache(maxsize=64)
def piped(script: str) -> list[str]:
    """Return the variables' values that a script pipes on: `printf %s "$NAME" |`."""
    reader = _Reader(script)
    for _ in reader.orders():
        pass  # which sets the variables
    values = [reader.variables.get(name, UNRESOLVED) for name in _PIPED.findall(script)]
    return [value for value in values if UNRESOLVED not in value]


def without_piped(script: str) -> str:
    """Return a script without those values, which no process list shows."""
    for name in _PIPED.findall(script):
        script = re.sub(rf"^{name}={_QUOTED}", f"{name}=", script, flags=re.MULTILINE)
    return script
