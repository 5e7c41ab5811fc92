"""What the rules for transport refuse, and what they let through."""

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components import load_balancer
from settings import TlsSettings
from tests.judge import judge

COMMAND = "command:remote:Command"
GOOD = "http {\n ssl_protocols TLSv1.2 TLSv1.3;\n server { listen 443 ssl; }\n}\n"


@pytest.mark.parametrize(
    "stdin",
    [
        GOOD,
        GOOD.replace("TLSv1.2 ", ""),
        "http { server { listen 443 ssl; ssl_protocols TLSv1.3; } }",
        "http { server { listen 80; } }",
        "server { listen 443 ssl; ssl_protocols TLSv1.2 TLSv1.3; }",
        "requirepass ssl_protocols",
        "",
    ],
)
def test_tls_1_2_and_1_3_are_let_through(stdin: str) -> None:
    assert judge(COMMAND, {"create": "cat", "stdin": stdin}) == []


@pytest.mark.parametrize("old", ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"])
def test_anything_older_is_refused_by_name(old: str) -> None:
    (violation,) = judge(COMMAND, {"stdin": GOOD.replace("TLSv1.2", f"TLSv1.2 {old}")})

    assert violation.startswith("nginx-minimum-tls: ")
    assert f"thing: ssl_protocols offers {old}. Write `ssl_protocols" in violation


@pytest.mark.parametrize(
    "stdin",
    [
        "http { server { listen 443 ssl; } }",
        "http { server { listen 443 quic; } }",
        "http { server { listen 443; ssl on; } }",
        "http { server { ssl_protocols TLSv1.3; listen 443 ssl; } server { listen 444 ssl; } }",
        "server { listen 443 ssl; }",
        "stream { server { listen 443 ssl; } }",
    ],
)
def test_a_server_that_leaves_the_choice_to_nginx_is_refused(stdin: str) -> None:
    (violation,) = judge(COMMAND, {"stdin": stdin})

    assert "no ssl_protocols holds for it" in violation


@pytest.mark.parametrize(
    "stdin",
    [
        GOOD + "server { ssl_protocols TLSv1.1; }",
        GOOD.replace("listen 443 ssl;", "listen 443 ssl; ssl_protocols TLSv1;"),
        GOOD.replace("TLSv1.2", "$protocols"),
        "ssl_protocols TLSv1;\n",
    ],
)
def test_one_wrong_line_beside_a_right_one_is_refused(stdin: str) -> None:
    assert len(judge(COMMAND, {"stdin": stdin})) == 1


@pytest.mark.parametrize("stdin", ["http { server { listen 443 ssl; ", "http { ssl_protocols TLSv1.2 }"])
def test_a_configuration_that_cannot_be_read_is_refused(stdin: str) -> None:
    assert len(judge(COMMAND, {"stdin": stdin})) == 1


@pytest.mark.parametrize("inputs", [{"create": "nginx -t", "stdin": UNKNOWN}, {"create": UNKNOWN, "stdin": UNKNOWN}])
def test_a_configuration_that_nobody_knows_yet_is_refused(inputs: dict[str, str]) -> None:
    assert len(judge(COMMAND, inputs)) == 1


def test_an_unknown_input_of_another_command_is_let_through() -> None:
    assert judge(COMMAND, {"create": "cat", "stdin": UNKNOWN}) == []


def test_a_secret_in_the_configuration_is_never_told() -> None:
    assert "canary" not in " ".join(judge(COMMAND, {"stdin": GOOD.replace("TLSv1.2", "canary")}))


def test_our_own_configuration_with_an_older_protocol_added_is_refused() -> None:
    ours = load_balancer.render(TlsSettings(), "example.com", {"backend": 3000, "frontend": 80})

    assert judge(COMMAND, {"stdin": ours}) == []
    assert len(judge(COMMAND, {"stdin": ours.replace("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2 TLSv1.3")})) == 1
