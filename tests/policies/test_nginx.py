"""How nginx's configurations are read: what the rules say of a place, and whether clients are verified."""

from __future__ import annotations

import pytest
from pulumi.runtime.rpc import UNKNOWN

from policies.findings import findings, judge
from policies.nginx import configures, parse, verifies_clients
from policies.rule import Resource, ResourceRule, Stack
from policies.rules import RULES, nginx_answers, nginx_proxying, nginx_tls
from tests.policies.cases.cases import of
from tests.policies.cases.nginx import tls
from tests.policies.cases.nginx_answers import CONTENT, HSTS

VERIFIED = "ssl_client_certificate /a; ssl_verify_client on;"
(MINIMUM_TLS,) = (rule for rule in RULES if rule.id == "nginx-minimum-tls")


def _said(resource: Resource) -> str:
    assert isinstance(MINIMUM_TLS, ResourceRule)
    (finding,) = judge([MINIMUM_TLS], Stack([resource]))
    return finding.text


def test_a_finding_names_the_input_and_the_line() -> None:
    text = "http {\n server {\n listen 443 ssl;\n }\n}\n"

    assert _said(of("command:remote:Command", stdin=text).judged()).startswith("stdin, line 2: ")
    upload = of("docker:index/container:Container", uploads=[{"file": "/b"}, {"content": text}])
    assert _said(upload.judged()).startswith("uploads[1].content, line 2: ")


@pytest.mark.parametrize(
    ("name", "create"), [("thing", "cat >/etc/nginx/conf.d/realip.conf"), ("nginx-realip", "cat >realip.conf")]
)
def test_a_snippet_without_a_word_of_nginxs_alone_is_one_where_it_goes_to_nginx(name: str, create: str) -> None:
    snippet = "set_real_ip_from 0.0.0.0/0;\nreal_ip_header CF-Connecting-IP;"
    resource = of("command:remote:Command", name, create=create, stdin=snippet).judged()

    found = {finding.rule.id for finding in judge(nginx_proxying.RULES, Stack([resource]))}

    assert "nginx-real-ip-networks" in found


@pytest.mark.parametrize(("where", "known"), [(UNKNOWN, False), ("/etc/nginx/realip.conf", True)])
def test_a_snippet_without_a_word_of_nginxs_alone_is_none_while_nobody_knows_where_it_goes(
    where: str, known: bool
) -> None:
    snippet = "set_real_ip_from 0.0.0.0/0;"
    command = of("command:remote:Command", create=where, stdin=snippet)
    upload = of("docker:index/container:Container", uploads=[{"file": where, "content": snippet}])

    assert [configures(each.judged()) for each in (command, upload)] == [known, known]


@pytest.mark.parametrize(("text", "line"), [("http {\n a b;\n}\n}\n", 4), ("http {\n a b\n}\n", 3), ("http {\n a", 2)])
def test_what_cannot_be_read_is_told_by_its_line(text: str, line: int) -> None:
    assert parse(text) == (None, line)


def test_of_what_cannot_be_read_one_rule_speaks() -> None:
    rules = [*nginx_tls.RULES, *nginx_answers.RULES, *nginx_proxying.RULES]
    found = judge(rules, Stack([of("command:remote:Command", stdin="http { server { listen 443 ssl; }").judged()]))

    assert [finding.rule.id for finding in found] == ["nginx-configuration-readable"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = "http { server { listen 443 ssl; } server { listen 444 ssl; } }"

    assert len(judge([MINIMUM_TLS], Stack([of("command:remote:Command", stdin=text).judged()]))) == 2


def test_an_include_reads_no_file_of_this_machine() -> None:
    tree, _ = parse("http { include /etc/hostname; include /nowhere; }")

    assert tree is not None


@pytest.mark.parametrize(
    "text",
    [
        f"http {{ {VERIFIED} server {{ listen 443 ssl; }} server {{ listen 80; }} }}",
        f"server {{ listen 443 ssl; {VERIFIED.replace('on;', 'ON;')} }}",
        f"http {{ server {{ listen 443 ssl; {VERIFIED} }} server {{ listen 443 ssl; ssl_reject_handshake on; }} }}",
    ],
)
def test_clients_are_verified_where_every_server_that_answers_demands_it(text: str) -> None:
    assert verifies_clients(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http {",
        f"http {{ {VERIFIED} server {{ listen 80; }} }}",
        f"http {{ {VERIFIED} server {{ listen 443 ssl; ssl_reject_handshake on; }} }}",
        f"http {{ server {{ listen 443 ssl; {VERIFIED} }} server {{ listen 443; }} }}",
        "http { ssl_verify_client on; server { listen 443 ssl; } }",
        "http { ssl_client_certificate /a; server { listen 443 ssl; } }",
        f"http {{ {VERIFIED.replace('on;', 'optional;')} server {{ listen 443 ssl; }} }}",
        f"http {{ {VERIFIED} server {{ listen 443 ssl; ssl_verify_client off; }} }}",
    ],
)
def test_clients_are_not_verified_where_one_server_answers_without(text: str) -> None:
    assert not verifies_clients(text)


@pytest.mark.parametrize(
    ("rule_id", "text", "limits"),
    [
        ("nginx-hsts", tls(HSTS.replace("31536000", "300")), {"max_age": 300.0}),
        ("nginx-content-headers", tls(CONTENT.replace("SAMEORIGIN", "DENY")), {"frame_options": "DENY"}),
        ("nginx-real-ip-networks", "http { set_real_ip_from 8.0.0.0/7; }", {"widest_ipv4": 7.0}),
        ("nginx-real-ip-networks", "http { set_real_ip_from fc00::/7; }", {"widest_ipv6": 7.0}),
        (
            "nginx-real-ip-header",
            "http { set_real_ip_from 10.0.0.0/8; real_ip_header X-Visitor; }",
            {"headers": ["X-Visitor"]},
        ),
    ],
)
def test_a_project_has_limits_of_its_own(rule_id: str, text: str, limits: dict[str, object]) -> None:
    (rule,) = (rule for rule in RULES if rule.id == rule_id)
    resource = of("command:remote:Command", stdin=text).judged()

    assert list(findings(rule, resource))
    assert list(findings(rule, resource, limits=limits)) == []
