"""What the rules for containers refuse, and what they let through."""

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from tests.judge import judge

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
EVERYWHERE = "0.0.0.0"  # noqa: S104  an input to refuse, nothing listens
POSTGRES = {"internal": 5432, "external": 5432}
REDIS = {"internal": 6379, "external": 6379}
HARMLESS = {"internal": 80, "external": 80, "ip": EVERYWHERE}


@pytest.mark.parametrize(
    "inputs",
    [
        {"ports": [{**POSTGRES, "ip": "127.0.0.1"}, {**REDIS, "ip": "::1"}]},
        {"ports": [HARMLESS]},
        {"ports": []},
        {},
        {"networkMode": "bridge", "publishAllPorts": False},
    ],
)
def test_a_database_port_on_loopback_and_any_other_port_are_let_through(inputs: dict[str, Any]) -> None:
    assert judge(CONTAINER, inputs) == []


@pytest.mark.parametrize("ip", [EVERYWHERE, "::", "[::]", "", "127.0.0.1 ", "192.0.2.10", "localhost", UNKNOWN, None])
@pytest.mark.parametrize("port", [POSTGRES, REDIS])
def test_a_database_port_on_any_other_address_is_refused(port: dict[str, Any], ip: str | None) -> None:
    published = {**port} if ip is None else {**port, "ip": ip}

    (violation,) = judge(CONTAINER, {"ports": [HARMLESS, published]})

    assert violation.startswith("database-port-bound-to-loopback: ")
    assert "thing: ports[1]: publishes" in violation
    assert '127.0.0.1"' in violation, "the message says how to mend it"


@pytest.mark.parametrize(
    "inputs",
    [
        {"ports": [{"internal": 15432, "external": 5432}]},
        {"ports": [{"internal": 5432}]},
        {"ports": [{"internal": 5432, "external": 443, "ip": EVERYWHERE}]},
        {"ports": [{"internal": UNKNOWN, "external": 443}]},
        {"ports": [UNKNOWN]},
        {"ports": UNKNOWN},
        {"networkMode": "host"},
        {"networkMode": UNKNOWN},
        {"publishAllPorts": True},
        {"publishAllPorts": UNKNOWN},
    ],
)
def test_every_way_around_the_rule_is_refused(inputs: dict[str, Any]) -> None:
    assert len(judge(CONTAINER, inputs)) == 1


@pytest.mark.parametrize(
    "ports",
    [
        [{"targetPort": 5432}],
        [{"targetPort": 80, "publishedPort": 6379}],
        [{"targetPort": 5432, "publishMode": "host"}],
        [{"targetPort": UNKNOWN}],
        [UNKNOWN],
        UNKNOWN,
    ],
)
def test_a_service_cannot_publish_a_database_at_all(ports: Any) -> None:
    assert len(judge(SERVICE, {"endpointSpec": {"ports": ports}})) == 1


@pytest.mark.parametrize(
    "inputs", [{}, {"endpointSpec": {"mode": "dnsrr"}}, {"endpointSpec": {"ports": [{"targetPort": 80}]}}]
)
def test_a_service_without_a_database_port_is_let_through(inputs: dict[str, Any]) -> None:
    assert judge(SERVICE, inputs) == []


def test_an_endpoint_that_nobody_knows_yet_is_refused() -> None:
    assert len(judge(SERVICE, {"endpointSpec": UNKNOWN})) == 1


def test_a_secret_in_the_inputs_is_never_told() -> None:
    violations = judge(CONTAINER, {"envs": ["PASSWORD=canary"], "ports": [{**POSTGRES, "ip": "canary"}]})

    assert violations
    assert "canary" not in " ".join(violations)
