"""Shell scripts, read without running them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

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
_SKIPPED = re.compile(r"(?:[ \t]|\\\n)+|#[^\n]*|\|(?!\|)\s*")  # a pipe too: what stands on its two sides is one order
_HEREDOC = re.compile(r"\d*<<-?[ \t]*(?P<quote>['\"]?)(?P<end>[\w.]+)(?P=quote)")
_REDIRECTION = re.compile(r"\d*(?P<sign>&>>?|<<<|<>|>>|>\||[<>])(?P<stream>&(?:\d+|-))?")
_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
_BEFORE_AN_ORDER = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "sudo", "exec"}


class _Reader:
    """Reads the orders of a shell script: the words of each pipeline, with the variables that the script sets."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._variables: dict[str, str] = {}
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
        word, began = "", self._at
        while piece := self._take(_PIECE):
            if piece["single"] is not None:
                word += piece["single"]
            elif piece["escaped"] is not None:
                word += piece["escaped"].replace("\n", "")
            else:
                word += self._known(piece["plain"] if piece["double"] is None else piece["double"])
        if self._at == began:
            self._at += 1  # white space that is neither a blank nor a line's end
        return word

    def _known(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[0].startswith("\\"):
                return found[1] or ""
            return self._variables.get(found[2] or found[3], UNRESOLVED)

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
            self._variables |= dict.fromkeys(words[1:], UNRESOLVED)
        assigned = [_ASSIGNMENT.fullmatch(word) for word in words if word not in ("export", "readonly", "local")]
        if not all(assigned):
            yield words
            return
        for found in filter(None, assigned):
            # Set twice, it depends on what the script does between.
            known = self._variables.get(found[1], found[2]) == found[2]
            self._variables[found[1]] = found[2] if known else UNRESOLVED


@lru_cache(maxsize=64)
def orders(script: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each order of a script: a pipeline is one, and "if" or "sudo" before it is none of its words.

    Here documents are words, and ">" stands before the file that an order writes. Variables that the script sets once
    have their values; the bodies of functions and of conditions are read as if they ran.
    """
    return tuple(tuple(words) for words in _Reader(script).orders())
