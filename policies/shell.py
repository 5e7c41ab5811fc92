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
_SKIPPED = re.compile(r"(?:[^\S\n]|\\\n)+|#[^\n]*|\|(?!\|)\s*")  # a pipe too: its two sides are one pipeline
_HEREDOC = re.compile(r"\d*<<-?[ \t]*(?P<quote>['\"]?)(?P<end>[\w.]+)(?P=quote)")
_REDIRECTION = re.compile(r"\d*(?P<sign>&>>?|<<<|<>|>>|>\||[<>])(?P<stream>&(?:\d+|-))?")
_ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
_BEFORE_A_COMMAND = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "sudo", "exec"}


class _Reader:
    """Reads the pipelines of a shell script, with the variables that the script sets."""

    def __init__(self, script: str) -> None:
        self._script = script
        self.variables: dict[str, str] = {}
        self._at = 0

    def pipelines(self) -> Iterator[list[str]]:
        """Yield the words of each pipeline and its here documents; ">" stands before the file that it writes."""
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
                    words += [self._document(heredoc) for heredoc in documents]
                    documents = []
                self._at += 1
                yield from self._pipelines_of(words)
                words = []
            else:
                words.append(self._word())
        yield from self._pipelines_of(words)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._script, self._at)
        self._at = match.end() if match else self._at
        return match

    def _word(self) -> str:
        word = ""
        while piece := self._take(_PIECE):
            if piece["single"] is not None:
                word += piece["single"]
            elif piece["escaped"] is not None:
                word += piece["escaped"].replace("\n", "")
            else:
                word += self._expanded(piece["plain"] if piece["double"] is None else piece["double"])
        return word

    def _expanded(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[0].startswith("\\"):
                return match[1] or ""
            return self.variables.get(match[2] or match[3], UNRESOLVED)

        return _VARIABLE.sub(value, text)

    def _document(self, heredoc: re.Match[str]) -> str:
        """Return the here document that begins on the next line."""
        document = self._take(re.compile(rf"\n((?:.*\n)*?)\t*{re.escape(heredoc['end'])}(?=\n|$)"))
        if document is None:
            return UNRESOLVED  # none, but 1<<2 of arithmetic
        return document[1] if heredoc["quote"] else self._expanded(document[1])

    def _pipelines_of(self, words: list[str]) -> Iterator[list[str]]:
        while words and words[0] in _BEFORE_A_COMMAND:
            words = words[1:]
        for word in words:
            for substitution in _SUBSTITUTION.finditer(word):
                yield from _Reader(substitution[1]).pipelines()
        words = [_SUBSTITUTION.sub(UNRESOLVED, word) for word in words]
        if words[:1] in (["for"], ["read"]):
            self.variables |= dict.fromkeys(words[1:], UNRESOLVED)
        assignments = [_ASSIGNMENT.fullmatch(word) for word in words if word not in ("export", "readonly", "local")]
        if not all(assignments):
            yield words
            return
        for name, value in (assignment.groups() for assignment in assignments if assignment):
            # Set twice, it depends on what the script does between.
            self.variables[name] = value if self.variables.get(name, value) == value else UNRESOLVED


@lru_cache(maxsize=64)
def pipelines(script: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each pipeline of a script, without an "if" or "sudo" before it.

    Here documents are words, and ">" stands before the file that a pipeline writes. Variables that the script sets once
    have their values; the bodies of functions and of conditions are read as if they ran.
    """
    return tuple(tuple(words) for words in _Reader(script).pipelines())


_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|a|k|mk|z)?sh")
_STANDARD_INPUT = {"-", "/dev/stdin", "/proc/self/fd/0"}
_RUN = ("create", "update")
_PIPED = re.compile(r"""\bprintf %s "\$(\w+)" \|(?!\|)""")
_QUOTED = r"""(?:'[^']*'|"[^"]*"|[^\s'"])*"""


def scripts(resource: Resource, keys: Sequence[str] = _RUN, *, skip_unknown: bool = False) -> Iterator[tuple[str, str]]:
    """Yield input and text of the scripts that a command runs, the one that a shell reads on standard input included.

    With `skip_unknown`, without those that are not known before the deployment.
    """
    for key in (*keys, *(["stdin"] if reads_script(resource) else [])):
        try:
            text = read(resource.inputs, key)
        except UnknownValueError:
            if skip_unknown:
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
        if any(_runs_input(words) for words in pipelines(text)):
            return True
    return False


def _runs_input(words: tuple[str, ...]) -> bool:
    """Return whether the first shell among the words of a pipeline has no script but its standard input."""
    rest = iter(words)
    if not any(_SHELLS.fullmatch(word) for word in rest):
        return False
    for word in rest:  # those behind the shell
        if word in _STANDARD_INPUT or not word.startswith(("-", "+")):
            return word in _STANDARD_INPUT
        if not word.startswith("--") and ("c" in word or "s" in word):
            return "c" not in word
        if word in ("-o", "+o", "--rcfile", "--init-file"):
            next(rest, None)
    return True


def inputs(resource: Resource) -> list[str]:
    """Return the data that a command gets on standard input, or that the script there pipes into its own commands."""
    text = read(resource.inputs, "stdin")
    if text is None:
        return []
    return piped(str(text)) if reads_script(resource) else [str(text)]


@lru_cache(maxsize=64)
def piped(script: str) -> list[str]:
    """Return the values of the variables that a script pipes into a command: `printf %s "$NAME" |`."""
    reader = _Reader(script)
    for _ in reader.pipelines():
        pass  # which sets the variables
    values = [reader.variables.get(name, UNRESOLVED) for name in _PIPED.findall(script)]
    return [value for value in values if UNRESOLVED not in value]


def without_piped(script: str) -> str:
    """Return a script without those values, which no process list shows."""
    for name in _PIPED.findall(script):
        script = re.sub(rf"^{name}={_QUOTED}", f"{name}=", script, flags=re.MULTILINE)
    return script
