"""nginx's configuration as it is rendered; the sandbox's stories hold it against the real nginx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crossplane  # type: ignore[import-untyped]  # brings no types
import pytest

from components.load_balancer import render

Directive = dict[str, Any]


@pytest.fixture
def configuration(tmp_path: Path) -> list[Directive]:
    file = tmp_path / "nginx.conf"
    file.write_text(render("example.com", {"backend": 3000, "frontend": 80}))
    # Not strict: crossplane does not know yet what nginx has learnt since 1.25.
    found = crossplane.parse(str(file), single=True, check_args=False, check_ctx=False)
    assert found["errors"] == []
    return list(found["config"][0]["parsed"])


def walk(block: list[Directive]) -> Iterator[Directive]:
    for each in block:
        yield each
        yield from walk(each.get("block", []))


def arguments(block: list[Directive], name: str) -> list[list[str]]:
    return [each["args"] for each in walk(block) if each["directive"] == name]


def servers(block: list[Directive]) -> dict[str, list[Directive]]:
    """Return the servers by where they listen and what they are called."""
    found = {}
    for each in walk(block):
        if each["directive"] == "server" and "block" in each:
            (listen,) = arguments(each["block"], "listen")
            names = arguments(each["block"], "server_name")
            found[" ".join([*listen, *(names[0] if names else [])])] = each["block"]
    return found


def test_every_placeholder_is_filled() -> None:
    assert "@{" not in render("example.com", {"backend": 3000, "frontend": 80})


def test_the_servers_are_the_three_names_and_a_refusal_for_all_others(configuration: list[Directive]) -> None:
    assert set(servers(configuration)) == {
        "127.0.0.1:8080",
        "80 default_server",
        "443 ssl default_server",
        "80 example.com www.example.com api.example.com",
        "443 ssl example.com www.example.com",
        "443 ssl api.example.com",
    }
    assert arguments(servers(configuration)["443 ssl default_server"], "ssl_reject_handshake") == [["on"]]


def test_http_redirects_all_but_the_authoritys_challenge(configuration: list[Directive]) -> None:
    locations = {
        each["args"][0]: each["block"]
        for each in servers(configuration)["80 example.com www.example.com api.example.com"]
        if each["directive"] == "location"
    }

    assert set(locations) == {"/.well-known/acme-challenge/", "/"}
    assert arguments(locations["/"], "return") == [["301", "https://$host$request_uri"]]


@pytest.mark.parametrize(
    ("server", "routes"),
    [
        (
            "443 ssl example.com www.example.com",
            {
                "/api/": "http://backend",
                "/": "http://frontend",
                "@backend": "http://backend",
                "@frontend": "http://frontend",
            },
        ),
        ("443 ssl api.example.com", {"/api/": "http://backend", "@backend": "http://backend"}),
    ],
)
def test_each_name_serves_what_it_is_for(configuration: list[Directive], server: str, routes: dict[str, str]) -> None:
    found = {
        each["args"][0]: arguments(each["block"], "proxy_pass")[0][0]
        for each in servers(configuration)[server]
        if each["directive"] == "location" and arguments(each["block"], "proxy_pass")
    }

    assert found == routes


@pytest.mark.parametrize("upstream", ["backend", "frontend"])
def test_only_what_may_be_repeated_begins_anew_when_its_replica_was_lost(
    configuration: list[Directive], upstream: str
) -> None:
    (again,) = (
        each["block"] for each in walk(configuration) if each["args"] == ["$request_method", f"${upstream}_again"]
    )

    ways = {each["directive"]: each["args"][0] for each in again}
    assert ways == {"default": "@lost", "GET": f"@{upstream}", "HEAD": f"@{upstream}"}


@pytest.mark.parametrize(("name", "server"), [("backend", "backend:3000"), ("frontend", "frontend:80")])
def test_an_upstream_follows_its_replicas(configuration: list[Directive], name: str, server: str) -> None:
    (upstream,) = (each["block"] for each in walk(configuration) if each["args"] == [name] and "block" in each)

    assert arguments(upstream, "server") == [[server, "resolve", "max_fails=3", "fail_timeout=30s"]]
    assert arguments(upstream, "zone"), "`resolve` needs memory that the workers share"
    order = [each["directive"] for each in upstream]
    assert order.index("least_conn") < order.index("keepalive"), "nginx takes them in this order only"


def test_headers_are_set_in_one_place_because_a_block_with_one_of_its_own_loses_all(
    configuration: list[Directive],
) -> None:
    (http,) = (each["block"] for each in configuration if each["directive"] == "http")

    assert len(arguments(configuration, "add_header")) == sum(each["directive"] == "add_header" for each in http) == 7
    assert all(args[-1] == "always" for args in arguments(configuration, "add_header"))


def test_every_cipher_has_forward_secrecy(configuration: list[Directive]) -> None:
    ((ciphers,),) = arguments(configuration, "ssl_ciphers")

    assert all(cipher.startswith("ECDHE-") for cipher in ciphers.split(":"))


def test_the_certificate_is_read_where_it_is_installed(configuration: list[Directive]) -> None:
    assert arguments(configuration, "ssl_certificate") == [["/etc/neurmatic/ssl/production/fullchain.pem"]]
    assert arguments(configuration, "ssl_certificate_key") == [["/etc/neurmatic/ssl/production/privkey.pem"]]
