"""A reader of Cloudflare's Rules language, as far as our expressions use it, to ask them about requests."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[(){},]|[\w./:*\[\]-]+')

Request = dict[str, Any]


def request(path: str, method: str = "GET", host: str = "example.com", **fields: Any) -> Request:
    """Return the fields of a request; names of headers are in small letters, as Cloudflare gives them."""
    extension = path.rpartition("/")[2].rpartition(".")
    return {
        "http.request.uri.path": path,
        "http.request.uri.path.extension": extension[2].lower() if extension[1] else "",
        "http.request.method": method,
        "http.host": host,
        "http.user_agent": fields.get("agent", "Mozilla/5.0"),
        "http.cookie": fields.get("cookie", ""),
        "http.request.headers.names": [*fields.get("headers", []), *(["cookie"] if "cookie" in fields else [])],
        "ip.src": fields.get("source", "203.0.113.9"),
    }


def fits(expression: str, asked: Request) -> bool:
    """Whether the request fits the expression; fails where the expression is not of the language."""
    reader = _Reader(expression, asked)
    found = reader.either()
    assert reader.tokens == [], f"nobody reads {reader.tokens}"
    return bool(found)


class _Reader:
    def __init__(self, expression: str, asked: Request) -> None:
        self.tokens: list[str] = []
        while expression := expression.lstrip():
            token = _TOKEN.match(expression)
            assert token, f"not of the language: {expression}"
            self.tokens.append(token[0])
            expression = expression[token.end() :]
        self._asked = asked

    def either(self) -> bool:
        found = self._all()
        while self._take("or"):
            other = self._all()
            found = found or other
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._take("and"):
            other = self._one()
            found = found and other
        return found

    def _one(self) -> bool:
        if self._take("not"):
            return not self._one()
        if self._take("("):
            found = self.either()
            self._demand(")")
            return found
        if self._take("true"):
            return True
        if self._take("starts_with"):
            self._demand("(")
            text = self._value()
            self._demand(",")
            beginning = self._value()
            self._demand(")")
            return str(text).startswith(beginning)
        if self._take("any"):
            self._demand("(")
            several, operator, wanted = self._value(), self.tokens.pop(0), self._value()
            self._demand(")")
            assert operator == "eq"
            return wanted in several
        return self._compared()

    def _compared(self) -> bool:
        found, operator = self._value(), self.tokens.pop(0)
        if operator == "in":
            self._demand("{")
            options = []
            while not self._take("}"):
                options.append(self._value())
            if options and "/" in options[0] and not options[0].startswith("/"):
                return any(ip_address(found) in ip_network(each) for each in options)
            return found in options
        wanted = self._value()
        return bool({"eq": found == wanted, "ne": found != wanted, "contains": wanted in found}[operator])

    def _value(self) -> Any:
        token = self.tokens.pop(0)
        if token == "lower":
            self._demand("(")
            found = self._value()
            self._demand(")")
            return found.lower()
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if re.match(r"[0-9a-f]+[.:]", token):
            return token
        return self._asked[token.removesuffix("[*]")]

    def _take(self, token: str) -> bool:
        if self.tokens[:1] != [token]:
            return False
        self.tokens.pop(0)
        return True

    def _demand(self, token: str) -> None:
        assert self._take(token), f"{token} is missing before {self.tokens}"
