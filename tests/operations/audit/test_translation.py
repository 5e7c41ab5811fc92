"""What runs, in the form in which the program declares it: the sandbox's recorded host beside the sandbox's program."""

from __future__ import annotations

import inspect
import json
from copy import deepcopy
from typing import Any

import pulumi_docker as docker
import pytest

from operations.audit import nginx_dump
from operations.audit.translation import Running, translated
from policies.docker import CONTAINER, NETWORK, SERVICE
from tests.engine import Declared
from tests.operations.audit.recording import Facts, container, recorded
from tests.some import some

# What differs by itself: addresses, digests and random names of this one run, and what Docker or an image adds.
OF_ONE_RUN = {"image", "networksAdvanced", "networksAdvanceds", "source", "secrets", "configs", "envs", "uploads"}
ADDED = {"labels", "name", "taskSpec.containerSpec.healthcheck"}


def running(facts: Facts | None = None) -> dict[tuple[str, str], Running]:
    told, state = recorded()
    found = translated(facts or told, state, "sandbox")
    return {(each.resource.type, each.resource.name): each for each in found if not each.task}


def declared(platform: Declared, name: str) -> dict[str, Any]:
    inputs = deepcopy(platform[name].inputs)  # of all tests, and this one takes some away
    return {
        key: json.loads(value) if key == "taskSpec" and isinstance(value, str) else value
        for key, value in inputs.items()
    }


def differences(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Return where what runs lacks, or has otherwise, what the program says."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            each
            for key, value in wanted.items()
            if key not in OF_ONE_RUN
            for each in differences(found.get(key), value, f"{path}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [
            each for index, value in enumerate(wanted) for each in differences(found[index], value, f"{path}[{index}]")
        ]
    return [] if found == wanted or wanted in ("", {}, []) else [f"{path[1:]}: {found} instead of {wanted}"]


# Patience and promises of the provider's own, which leave nothing on the host.
OF_THE_PROVIDER = {"wait", "waitTimeout", "mustRun", "destroyGraceSeconds", "labels", "shmSize"}


@pytest.mark.parametrize("name", ["database-server", "cache-server", "load-balancer-server"])
def test_a_container_that_runs_reads_as_it_is_declared(platform: Declared, name: str) -> None:
    wanted = {key: value for key, value in declared(platform, name).items() if key not in OF_THE_PROVIDER}

    assert differences(running()[CONTAINER, name].resource.inputs, wanted) == []


@pytest.mark.parametrize("name", ["application-backend", "application-frontend"])
def test_a_service_that_runs_reads_as_it_is_declared(platform: Declared, name: str) -> None:
    wanted = declared(platform, name)
    del wanted["taskSpec"]["restartPolicy"]

    assert differences(running()[SERVICE, name].resource.inputs, wanted) == []


def test_a_service_that_nobody_told_how_to_roll_says_nothing_of_it() -> None:
    facts, _ = recorded()
    (service,) = (each for each in facts["services"] if each["Spec"]["Name"].startswith("application-backend"))
    del service["Spec"]["UpdateConfig"], service["Spec"]["RollbackConfig"]

    before, after = (known[SERVICE, "application-backend"].resource.inputs for known in (running(), running(facts)))

    assert before.keys() - after.keys() == {"updateConfig", "rollbackConfig"}


def test_a_network_that_is_there_reads_as_it_is_declared(platform: Declared) -> None:
    (name, *_) = (each.name for each in platform.of_type("docker:index/network:Network"))

    assert differences(running()[NETWORK, name].resource.inputs, declared(platform, name)) == []


def test_a_service_refers_to_its_networks_and_a_task_bears_its_services_name() -> None:
    facts, state = recorded()
    tasks = [each for each in translated(facts, state, "sandbox") if each.task and not each.ended]
    known = running()
    networks = {each.resource.urn for (kind, _), each in known.items() if kind == NETWORK}

    assert known[SERVICE, "application-backend"].resource.refers["taskSpec"] <= networks
    assert known[SERVICE, "application-backend"].resource.refers["taskSpec"]
    assert {each.resource.name for each in tasks} == {"application-backend", "application-frontend"}


def test_every_input_is_one_of_the_providers() -> None:
    facts, state = recorded()
    kinds: dict[str, Any] = {CONTAINER: docker.Container, SERVICE: docker.Service, NETWORK: docker.Network}
    # The policies know these of other providers; pulumi-docker has no word for them.
    others = {"deviceRequests", "deviceCgroupRules"}

    resources = [running.resource for running in translated(facts, state, "sandbox")]
    for resource in some(resource for resource in resources if resource.type in kinds):
        known = {name.replace("_", "") for name in inspect.signature(kinds[resource.type]._internal_init).parameters}
        assert {key.lower() for key in resource.inputs} - known <= {other.lower() for other in others}


def ports(bindings: dict[str, Any], **other: Any) -> list[dict[str, Any]]:
    facts, state = recorded()
    redis = container(facts, "redis")
    redis["HostConfig"] |= {"PortBindings": bindings}
    redis |= other
    redis["NetworkSettings"]["Ports"] = bindings
    found = translated({**facts, "containers": [redis]}, state, "sandbox")
    (only,) = (each for each in found if each.resource.type == CONTAINER)
    return list(only.resource.inputs.get("ports", []))


def test_ports_read_as_they_are_published() -> None:
    both = [{"HostIp": "0.0.0.0", "HostPort": "80"}, {"HostIp": "::", "HostPort": "80"}]  # noqa: S104

    assert ports({"80/tcp": both, "81/tcp": None}) == [
        {"internal": 80, "external": 80, "ip": "0.0.0.0", "protocol": "tcp"},  # noqa: S104
        {"internal": 80, "external": 80, "ip": "::", "protocol": "tcp"},
    ]
    assert ports({"53/udp": [{"HostIp": "", "HostPort": "7-8"}]}) == [
        {"internal": 53, "external": 7, "protocol": "udp"},
        {"internal": 53, "external": 8, "protocol": "udp"},
    ]
    assert ports({"80/tcp": [{"HostIp": "", "HostPort": ""}]}, State={"Running": False}) == [
        {"internal": 80, "external": 0, "protocol": "tcp"}
    ]


DUMP = """\
# configuration file /etc/nginx/nginx.conf:
http {
    include mime.types;
    include "/etc/nginx/conf.d/*.conf"; # sites
}

# configuration file /etc/nginx/mime.types:
types { text/html html; }

# configuration file /etc/nginx/conf.d/b.conf:
# include /etc/nginx/deep.inc;
server { include deep.inc; }

# configuration file /etc/nginx/deep.inc:
listen 80;
"""


def test_an_included_file_stands_where_it_is_included() -> None:
    whole = " ".join(nginx_dump.merged(DUMP).split())

    assert whole == "http { types { text/html html; } # include /etc/nginx/deep.inc; server { listen 80; } # sites }"


def test_a_file_that_includes_itself_ends() -> None:
    text = nginx_dump.merged("# configuration file /a:\ninclude /a;\nevents {}\n")

    assert text.split() == ["events", "{}"]


def test_what_is_no_dump_is_no_configuration() -> None:
    with pytest.raises(ValueError, match="no configuration file"):
        nginx_dump.merged("nginx: the configuration is ok")
