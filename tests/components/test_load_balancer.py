"""nginx's configuration as it is rendered; the sandbox's stories hold it against the real nginx."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import crossplane  # type: ignore[import-untyped]  # brings no types
import pulumi
import pulumi_docker as docker
import pytest
from pulumi_command import remote

from components.host import Host
from components.load_balancer import LoadBalancer, authority_file, render
from components.network import Network
from components.providers import Providers
from components.script import assigned
from components.script import text as script_text
from policies.shell import piped
from settings import LoadBalancerSettings, NetworkSettings, TlsSettings
from tests.components import zone
from tests.engine import DIGEST, Declared, Resource, declare
from tests.judge import judge
from tests.some import some

Directive = dict[str, Any]
UPSTREAMS = {"backend": 3000, "frontend": 80}
AUTHORITY = "-----BEGIN CERTIFICATE-----\nour own\n-----END CERTIFICATE-----\n"


def rendered(**more: Any) -> str:
    return render(more.pop("tls", TlsSettings()), "example.com", UPSTREAMS, **more)


def parsed(text: str, directory: Path) -> list[Directive]:
    file = directory / "nginx.conf"
    file.write_text(text)
    # Not strict: crossplane does not know yet what nginx has learnt since 1.25.
    found = crossplane.parse(str(file), single=True, check_args=False, check_ctx=False)
    assert found["errors"] == []
    return list(found["config"][0]["parsed"])


@pytest.fixture
def configuration(tmp_path: Path) -> list[Directive]:
    return parsed(rendered(), tmp_path)


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
    assert "@{" not in rendered(proxies=["192.0.2.0/24"], authority=AUTHORITY)


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
    assert all(args[-1] == "always" for args in some(arguments(configuration, "add_header")))


def test_every_cipher_has_forward_secrecy(configuration: list[Directive]) -> None:
    ((ciphers,),) = arguments(configuration, "ssl_ciphers")

    assert all(cipher.startswith("ECDHE-") for cipher in some(ciphers.split(":")))


def test_the_certificate_is_read_where_it_is_installed(configuration: list[Directive]) -> None:
    assert arguments(configuration, "ssl_certificate") == [["/etc/neurmatic/ssl/production/fullchain.pem"]]
    assert arguments(configuration, "ssl_certificate_key") == [["/etc/neurmatic/ssl/production/privkey.pem"]]


@pytest.mark.parametrize("server", ["443 ssl example.com www.example.com", "443 ssl api.example.com"])
def test_the_authoritys_challenge_is_answered_over_https_too(configuration: list[Directive], server: str) -> None:
    (challenge,) = (
        each["block"]
        for each in servers(configuration)[server]
        if each["directive"] == "location" and each["args"] == ["/.well-known/acme-challenge/"]
    )

    assert arguments(challenge, "root") == [["/etc/neurmatic/acme"]]


@pytest.mark.parametrize(
    ("tls", "protocols"),
    [(TlsSettings(), ["TLSv1.2", "TLSv1.3"]), (TlsSettings(minimum_version="1.3"), ["TLSv1.3"])],
)
def test_nginx_speaks_the_protocols_of_the_settings(tls: TlsSettings, protocols: list[str], tmp_path: Path) -> None:
    assert arguments(parsed(rendered(tls=tls), tmp_path), "ssl_protocols") == [protocols]


def test_nginx_sends_the_hsts_of_the_settings(tmp_path: Path) -> None:
    found = parsed(rendered(tls=TlsSettings(hsts_max_age_seconds=63_072_000)), tmp_path)

    headers = {name: value for name, value, _ in arguments(found, "add_header")}
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"


def test_without_a_proxy_nobody_is_believed_about_for_whom_he_asks(configuration: list[Directive]) -> None:
    assert arguments(configuration, "set_real_ip_from") == []
    assert arguments(configuration, "real_ip_header") == []


def test_only_the_proxies_are_believed_about_for_whom_they_ask(tmp_path: Path) -> None:
    found = parsed(rendered(proxies=["192.0.2.0/24", "2001:db8::/32"]), tmp_path)

    assert arguments(found, "set_real_ip_from") == [["192.0.2.0/24"], ["2001:db8::/32"]]
    assert arguments(found, "real_ip_header") == [["CF-Connecting-IP"]]


def test_without_an_authority_every_client_is_served(configuration: list[Directive]) -> None:
    assert arguments(configuration, "ssl_verify_client") == arguments(configuration, "ssl_client_certificate") == []


def test_with_an_authority_every_server_demands_its_certificate(tmp_path: Path) -> None:
    found = parsed(rendered(authority=AUTHORITY), tmp_path)

    (http,) = (each["block"] for each in found if each["directive"] == "http")
    assert [each["args"] for each in http if each["directive"] == "ssl_verify_client"] == [["on"]]
    assert arguments(found, "ssl_verify_client") == [["on"]], "no server takes it back"
    assert arguments(found, "ssl_client_certificate") == [[f"/etc/neurmatic/{authority_file(AUTHORITY)}"]]


def test_another_authority_is_another_file_so_that_nginx_takes_it_with_its_configuration_only() -> None:
    assert authority_file(AUTHORITY) != authority_file(AUTHORITY.replace("own", "next"))


def test_the_policies_can_read_and_allow_whatever_is_rendered() -> None:
    text = rendered(proxies=["192.0.2.0/24", "2001:db8::/32"], authority=AUTHORITY)

    found = judge("command:remote:Command", {"create": "nginx", "stdin": text})

    assert [each for each in some(found) if each.startswith("nginx-")] == []


EVERYWHERE = ("0.0.0.0",)  # noqa: S104  nothing listens


def declared(authority: str | None = None, *, preview: bool = False, listens: Sequence[str] = EVERYWHERE) -> Declared:
    """Return nginx and the command that gives it its configuration."""

    def program() -> None:
        providers = SimpleNamespace(
            connection=pulumi.Output.secret(remote.ConnectionArgs(host="192.0.2.7")),
            docker=docker.Provider("host"),
            registry_login=None,
        )
        host = Host(zone.host(), images={}, providers=cast(Providers, providers), stack="sandbox", after=[])
        LoadBalancer(
            LoadBalancerSettings.model_validate({"image": f"nginx:1.30@{DIGEST}", "cpus": 1, "memory": "64MB"}),
            tls=TlsSettings(),
            domain="example.com",
            upstreams=UPSTREAMS,
            proxies=["192.0.2.0/24"],
            clients_authority=None if authority is None else pulumi.Output.secret(authority),
            listens=listens,
            host=host,
            network=Network(NetworkSettings(), host=host),
        )

    return declare(program, preview=preview)


def configured(authority: str | None, *, preview: bool = False) -> Resource:
    """Return the command that gives nginx its configuration."""
    return declared(authority, preview=preview)["load-balancer-configuration"]


def test_nginx_is_reached_at_the_hosts_addresses_and_over_ipv6_only_where_it_has_one() -> None:
    for ipv6, addresses in ((None, EVERYWHERE), ("2001:db8::1", (*EVERYWHERE, "::"))):
        ports = declared(listens=zone.host(ipv6=ipv6).listens)["load-balancer-server"].inputs["ports"]

        assert {(port["ip"], port["external"]) for port in ports} == {(ip, n) for ip in addresses for n in (80, 443)}


def test_nginx_listens_where_its_container_is_published_over_ipv6_too(tmp_path: Path) -> None:
    listens = zone.host(ipv6="2001:db8::1").listens
    both = declared(listens=listens)
    published = {port["internal"] for port in both["load-balancer-server"].inputs["ports"]}
    (text,) = piped(both["load-balancer-configuration"].inputs["stdin"])

    ranges = {
        where.partition("-")[::2] for where, *_ in arguments(parsed(text, tmp_path), "listen") if ":" not in where
    }
    assert (
        {port for first, last in ranges for port in range(int(first), int(last) + 1)} == published == {80, 81, 443, 444}
    )
    assert arguments(parsed(text, tmp_path), "port_in_redirect") == [["off"]], "a redirect would name the inner port"
    assert not any(text.startswith("nginx-") for text in some(judge("command:remote:Command", {"stdin": text})))


@pytest.mark.parametrize("preview", [False, True])
def test_of_the_authoritys_secret_only_the_certificate_leaves_and_the_plan_shows_it(preview: bool) -> None:
    key = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"

    command = configured(key + AUTHORITY, preview=preview)

    assert "canary" not in str(command.inputs)
    assert piped(command.inputs["stdin"]) == [rendered(proxies=["192.0.2.0/24"], authority=AUTHORITY)]
    assert json.loads(command.in_the_clear)["stdin"] == command.inputs["stdin"]
    assert assigned({"CLIENTS_AUTHORITY": AUTHORITY}) in command.inputs["stdin"]


def test_without_an_authority_the_host_is_given_none() -> None:
    command = configured(None)

    assert piped(command.inputs["stdin"]) == [rendered(proxies=["192.0.2.0/24"])]
    assert assigned({"CLIENTS_AUTHORITY": "", "CLIENTS_AUTHORITY_FILE": ""}) in command.inputs["stdin"]


class Nginx:
    """The script that gives nginx its configuration, run on a directory, with a Docker that only has an opinion."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "nginx"
        (self.directory / "ssl/production").mkdir(parents=True)
        (self.directory / "ssl/production/fullchain.pem").touch()
        self._tools = directory / "tools"
        self._tools.mkdir()

    def takes(self, configuration: str, authority: str, *, good: bool = True) -> bool:
        """Whether the configuration came to stay: it is good, and the file that it names is there when it is tried."""
        docker = self._tools / "docker"
        named = self.directory / authority_file(authority)
        docker.write_text(f'[ "$1" != run ] || {{ [ -e {named} ] && {str(good).lower()}; }}\n')
        docker.chmod(0o755)
        values = {"IMAGE": "nginx", "DIRECTORY": self.directory, "MOUNT": "/etc/neurmatic", "DOMAIN": "example.com"}
        clients = {"CLIENTS_AUTHORITY": authority, "CLIENTS_AUTHORITY_FILE": authority_file(authority)}
        done = subprocess.run(
            ["sh", "-s", "nginx-configuration.sh"],
            input=script_text("nginx-configuration.sh", values | clients, configuration),
            text=True,
            capture_output=True,
            check=False,
            env={"PATH": f"{self._tools}:{os.environ['PATH']}"},
        )
        return done.returncode == 0

    @property
    def authorities(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.directory.glob("clients-*")}

    @property
    def configuration(self) -> str:
        return (self.directory / "nginx.conf").read_text()


def test_an_authority_comes_and_goes_with_the_configuration_that_names_it(tmp_path: Path) -> None:
    nginx, following = Nginx(tmp_path), AUTHORITY.replace("own", "next")

    assert nginx.takes("first", AUTHORITY)
    assert nginx.authorities == {authority_file(AUTHORITY): AUTHORITY}
    assert nginx.takes("second", following)
    assert nginx.authorities == {authority_file(following): following}
    assert nginx.takes("third", "")
    assert nginx.authorities == {}


def test_a_refused_configuration_leaves_the_authority_of_the_one_in_use(tmp_path: Path) -> None:
    nginx = Nginx(tmp_path)
    nginx.takes("first", AUTHORITY)

    assert not nginx.takes("second", AUTHORITY.replace("own", "next"), good=False)
    assert nginx.configuration == "first"
    assert nginx.authorities[authority_file(AUTHORITY)] == AUTHORITY
