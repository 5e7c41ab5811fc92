"""The double reads Cloudflare's Rules language as its parser does, as far as the platform writes it."""

from __future__ import annotations

import pytest

from standins.services.cloudflare.expressions import ExpressionError, condition, text


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "not ssl",
        "cf.client.bot or not (ssl)",
        'http.host eq "example.com" and not http.request.method in {"GET" "HEAD"}',
        'http.host == "a" || http.host != "b" && !ssl',
        'starts_with(lower(http.request.uri.path), "/api/") xor ends_with(http.host, ".com")',
        'http.request.uri.path strict  wildcard r#"/a"*"# or http.request.uri.path wildcard "/b*"',
        "ip.src in {192.0.2.0/24 2001:db8::/32 198.51.100.7} or ip.src.asnum in {64496 65536..65551}",
        'any(http.request.headers.names[*] eq "authorization")',
        'any(lower(http.request.headers["x-key"][*]) eq "a")',
        'http.request.headers["x-key"][0] eq "a \\" quote"',
        'len(http.request.uri.query) gt 100\n  or http.user_agent eq ""',
        'http.request.uri.path matches "^/x" and http.host ~ "y"',
    ],
)
def test_a_condition_is_read(expression: str) -> None:
    condition(expression)


@pytest.mark.parametrize(
    ("expression", "place", "reason"),
    [
        ("URI Path contains /", "1:1", "unknown identifier"),
        ('http.hots eq "a"', "1:1", "unknown identifier"),
        ("(ssl", "1:5", "expected ')'"),
        ("ssl)", "1:4", "unrecognised input"),
        ('http.host eq "a', "1:14", "expected a string"),
        ("http.host", "1:10", "compares a string"),
        ("http.host eq 1", "1:14", "expected a string"),
        ('http.host in {"a", "b"}', "1:18", "expected a string"),
        ("http.host in {}", "1:15", "expected a string"),
        ('http.host not in {"a"}', "1:11", "compares a string"),
        ('ip.src eq "192.0.2.1"', "1:11", "expected an address"),
        ("ip.src in {192.0.2.1/24}", "1:12", "has host bits set"),
        ("ip.src contains 1", "1:8", "compares an address"),
        ("ssl eq true", "1:5", "unrecognised input"),
        ("ssl and\nhttp.hots", "2:1", "unknown identifier"),
        ('lower(http.host, eq "a"', "1:18", "unknown identifier"),
        ('http.request.headers eq "a"', "1:22", "compares a map"),
        ('http.request.headers["a"] eq "a"', "1:27", "compares a list"),
        ("any(http.request.headers.names[a] eq 1)", "1:32", "expected an index of a list"),
    ],
)
def test_a_mistake_is_found_at_its_place(expression: str, place: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as found:
        condition(expression)

    assert str(found.value).startswith(f"Filter parsing error ({place}):")
    assert reason in str(found.value)


def test_what_an_expression_uses_is_told() -> None:
    used = condition('lower(http.host) contains "a" and ip.src in {192.0.2.1}')

    assert used.fields == {"http.host", "ip.src"}
    assert used.operators == {"contains", "in"}
    assert used.functions == {"lower"}


@pytest.mark.parametrize("expression", ['"a"', 'concat("https://example.com", http.request.uri.path)', "http.host"])
def test_a_text_is_read(expression: str) -> None:
    text(expression)


@pytest.mark.parametrize("expression", ["", 'http.host eq "a"', 'concat("a"', "example.com"])
def test_what_makes_no_text_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        text(expression)
