"""Conditions in Cloudflare's Rules language."""

from __future__ import annotations

import pytest

from components.expressions import CHALLENGE, PATH, all_of, any_of, begins, contains, one_of, quoted, within
from tests.components.rules import fits, request


@pytest.mark.parametrize("text", ["plain", 'with "quotes"', "back\\slash", '\\"', 'x" or true or "', "end\\"])
def test_no_text_gets_out_of_its_quotes(text: str) -> None:
    expression = f"http.user_agent eq {quoted(text)}"

    assert fits(expression, request("/", agent=text))
    assert not fits(expression, request("/", agent="another"))


def test_conditions_say_what_they_are_called() -> None:
    asked = request("/api/x", agent="curl/8", source="198.51.100.7")

    assert fits(begins(PATH, ["/static/", "/api/"]), asked)
    assert not fits(begins(PATH, ["/api/y"]), asked)
    assert fits(contains("http.user_agent", ["wget", "curl"]), asked)
    assert fits(one_of("http.request.method", ["GET", "HEAD"]), asked)
    assert not fits(one_of("http.request.method", ["POST"]), asked)
    assert fits(within("ip.src", ["2001:db8::/32", "198.51.100.0/24"]), asked | {"ip.src": "198.51.100.7"})
    assert not fits(within("ip.src", ["203.0.113.0/24"]), asked)


def test_conditions_in_conditions_keep_together() -> None:
    either = any_of([begins(PATH, ["/a"]), begins(PATH, ["/b"])])

    assert not fits(all_of([either, begins(PATH, ["/c"])]), request("/a"))
    assert fits(f"not {all_of([either, begins(PATH, ['/c'])])}", request("/a"))


def test_the_proof_for_a_certificate_is_known_by_its_path() -> None:
    assert fits(CHALLENGE, request("/.well-known/acme-challenge/token"))
    assert not fits(CHALLENGE, request("/.well-known/security.txt"))
