"""Cloudflare's Rules language, as far as rules of requests need it: what its parser refuses, and what is used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_network

LONGEST = 4096
"""Characters of an expression, on every plan."""

_TEXT, _NUMBER, _ADDRESS, _TRUTH, _LIST, _MAP = "a string", "a number", "an address", "a boolean", "a list", "a map"
# developers.cloudflare.com/ruleset-engine/rules-language/fields/reference/: those of requests that all plans have.
_FIELDS = {
    **dict.fromkeys(("http.cookie", "http.host", "http.referer", "http.user_agent", "http.x_forwarded_for"), _TEXT),
    **dict.fromkeys(("http.request.method", "http.request.version", "http.request.full_uri"), _TEXT),
    **dict.fromkeys(("http.request.uri", "http.request.uri.path", "http.request.uri.query"), _TEXT),
    **dict.fromkeys(("http.request.uri.path.extension", "ip.src.continent", "ip.src.country", "cf.zone.name"), _TEXT),
    **dict.fromkeys(("cf.edge.server_port", "cf.threat_score", "http.response.code", "ip.src.asnum"), _NUMBER),
    **dict.fromkeys(("cf.bot_management.verified_bot", "cf.client.bot", "ssl"), _TRUTH),
    **dict.fromkeys(("http.request.cookies", "http.request.headers", "http.request.uri.args"), _MAP),
    "http.request.headers.names": _LIST,
    "ip.src": _ADDRESS,
}
_FUNCTIONS = {
    **dict.fromkeys(("concat", "lower", "regex_replace", "remove_bytes", "substring", "to_string"), _TEXT),
    **dict.fromkeys(("upper", "url_decode", "wildcard_replace"), _TEXT),
    **dict.fromkeys(("all", "any", "ends_with", "starts_with"), _TRUTH),
    "len": _NUMBER,
}
_ORDER = {"eq", "ne", "lt", "le", "gt", "ge", "==", "!=", "<", "<=", ">", ">=", "in"}
_OPERATORS = {
    _TEXT: _ORDER | {"contains", "matches", "~", "wildcard", "strict wildcard"},
    _NUMBER: _ORDER,
    _ADDRESS: {"eq", "ne", "==", "!=", "in"},
}
_JOINTS = {"and", "or", "xor", "&&", "||", "^^"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |r(?P<fence>\#*)"(?P<raw>.*?)"(?P=fence)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<address>(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(?:/\d{1,3})?)
    |(?P<number>\d+(?:\.\.\d+)?)
    |(?P<word>strict\s+wildcard|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
    |(?P<mark>==|!=|<=|>=|&&|\|\||\^\^|[()\[\]{},*<>~!])""",
    re.VERBOSE | re.DOTALL,
)
_LITERALS = {"raw": _TEXT, "text": _TEXT, "number": _NUMBER, "address": _ADDRESS}


class ExpressionError(Exception):
    """An expression that Cloudflare's parser refuses: the place, counted from 1, and why."""

    def __init__(self, expression: str, position: int, reason: str) -> None:
        before = expression[:position]
        line, column = before.count("\n") + 1, position - before.rfind("\n")
        shown = expression.splitlines()[line - 1] if expression else ""
        super().__init__(f"Filter parsing error ({line}:{column}):\n{shown}\n{' ' * (column - 1)}^ {reason}")


@dataclass(frozen=True)
class Used:
    """What an expression uses."""

    fields: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def condition(expression: str) -> Used:
    """Read a rule's filter; raises ExpressionError."""
    parser = _Parser(expression)
    parser.logic()
    return parser.ended()


def text(expression: str) -> Used:
    """Read an expression that makes a text, as of a redirect's target; raises ExpressionError."""
    parser = _Parser(expression)
    parser.argument()
    return parser.ended()


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = self._cut()
        self._next = 0
        self._used = Used()

    def ended(self) -> Used:
        if self._peek.kind != "end":
            raise self._error("unrecognised input")
        return self._used

    def logic(self) -> None:
        self._term()
        while self._peek.text in _JOINTS and self._peek.kind in ("word", "mark"):
            self._take()
            self._term()

    def argument(self) -> None:
        if self._peek.kind in _LITERALS:
            self._take()
        else:
            self._value()

    def _term(self) -> None:
        if self._peek.text in ("not", "!"):
            self._take()
            self._term()
        elif self._peek.text == "(":
            self._take()
            self.logic()
            self._expect(")")
        else:
            self._comparison()

    def _comparison(self) -> None:
        start = self._peek
        kind = self._value()
        operator = re.sub(r"\s+", " ", self._peek.text)
        if operator in _OPERATORS.get(kind, ()):
            self._take()
            self._used.operators.add(operator)
            if operator == "in":
                self._set(kind)
            else:
                self._literal(kind)
        elif kind != _TRUTH:
            raise self._error(f"expected an operator that compares {kind}", start if operator == ")" else None)

    def _value(self) -> str:
        token = self._peek
        if token.kind == "word" and token.text in ("true", "false"):
            self._take()
            return _TRUTH
        if token.text in _FUNCTIONS and self._tokens[self._next + 1].text == "(":
            return self._call()
        if token.kind != "word" or token.text not in _FIELDS:
            raise self._error("unknown identifier")
        self._take()
        self._used.fields.add(token.text)
        kind = _FIELDS[token.text]
        while kind in (_MAP, _LIST) and self._peek.text == "[":
            kind = self._index(kind)
        return kind

    def _index(self, kind: str) -> str:
        self._take()
        wanted = {_MAP: ("text",), _LIST: ("number", "mark")}[kind]
        if self._peek.kind not in wanted or (self._peek.kind == "mark" and self._peek.text != "*"):
            raise self._error(f"expected an index of {kind}")
        self._take()
        self._expect("]")
        return _LIST if kind == _MAP else _TEXT

    def _call(self) -> str:
        name = self._take().text
        self._used.functions.add(name)
        self._expect("(")
        while True:
            if name in ("any", "all"):
                self.logic()
            else:
                self.argument()
            if self._peek.text != ",":
                break
            self._take()
        self._expect(")")
        return _FUNCTIONS[name]

    def _set(self, kind: str) -> None:
        self._expect("{")
        self._literal(kind)
        while self._peek.text != "}":
            self._literal(kind)
        self._expect("}")

    def _literal(self, kind: str) -> None:
        token = self._peek
        if _LITERALS.get(token.kind) != kind:
            raise self._error(f"expected {kind}")
        if kind == _ADDRESS:
            try:
                ip_network(token.text)
            except ValueError as error:
                raise self._error(str(error)) from None
        self._take()

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += 1
        return token

    def _expect(self, mark: str) -> None:
        if self._peek.text != mark or self._peek.kind != "mark":
            raise self._error(f"expected {mark!r}")
        self._take()

    def _error(self, reason: str, token: _Token | None = None) -> ExpressionError:
        return ExpressionError(self._expression, (token or self._peek).position, reason)

    def _cut(self) -> list[_Token]:
        tokens, position = [], 0
        while position < len(self._expression):
            match = _TOKEN.match(self._expression, position)
            if match is None:
                tokens.append(_Token("other", self._expression[position], position))
                position += 1
                continue
            kind = next(name for name in (*_LITERALS, "word", "mark", "space") if match[name] is not None)
            if kind != "space":
                tokens.append(_Token(kind, match[0], position))
            position = match.end()
        return [*tokens, _Token("end", "", position)]
