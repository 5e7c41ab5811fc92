"""What the docker stand-in accepts, what replaces, and how inputs become the Docker API's."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from standins.docker.container_config import CONTAINER, volumes
from standins.docker.fields import go_duration, nanoseconds, same, short_duration
from standins.docker.service_spec import SERVICE
from standins.provider.schema import without_notes
from standins.provider.wire import UNKNOWN, Plain
from tests.standins.driver import Engine, docker

NONE, SOME = 1, 2
REPLACING = {"ADD_REPLACE", "DELETE_REPLACE", "UPDATE_REPLACE"}
_IMAGE = "taskSpec.containerSpec.image"
_PRIORITY = "networksAdvanced[0].gwPriority"

SERVICE_INPUTS: Plain = {
    "mode": {"replicated": {"replicas": 2}},
    "endpointSpec": {"mode": "dnsrr"},
    "updateConfig": {"order": "start-first", "monitor": "15s", "failureAction": "rollback"},
    "convergeConfig": {"timeout": "3m"},
    "taskSpec": {
        "networksAdvanceds": [{"id": "net1", "aliases": ["backend"]}],
        "containerSpec": {
            "image": "app:v1@sha256:0",
            "env": {"A": "1"},
            "secrets": [{"secretId": "1", "secretName": "a", "fileName": "A"}],
            "stopGracePeriod": "30s",
        },
    },
}
CONTAINER_INPUTS: Plain = {"image": "postgres:18", "memory": 256, "memorySwap": 256, "restart": "unless-stopped"}


def changed(inputs: Plain, path: str, value: Any) -> Plain:
    """Return the inputs with another value at a dotted path."""
    result = copy.deepcopy(inputs)
    *parents, last = path.split(".")
    place: Any = result
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    place[last] = value
    return result


@pytest.fixture(scope="module")
def service() -> Engine:
    return Engine(docker(), "docker:index/service:Service")


@pytest.fixture(scope="module")
def container() -> Engine:
    return Engine(docker(), "docker:index/container:Container")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mode.replicated.replicas", 3),
        ("taskSpec.containerSpec.image", "app:v2@sha256:1"),
        ("taskSpec.containerSpec.env", {"A": "2"}),
        ("taskSpec.containerSpec.secrets", [{"secretId": "2", "secretName": "b", "fileName": "A"}]),
        ("endpointSpec", {"mode": "vip"}),
        ("labels", [{"label": "a", "value": "b"}]),
        ("convergeConfig.timeout", "5m"),
        ("updateConfig.order", "stop-first"),
    ],
)
def test_a_service_changes_in_place(service: Engine, path: str, value: Any) -> None:
    answer = service.diff(service.inputs(SERVICE_INPUTS), service.inputs(changed(SERVICE_INPUTS, path, value)))

    assert (answer.changes, list(answer.replaces)) == (SOME, [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "fixed"),
        ("taskSpec.networksAdvanceds", []),
        ("taskSpec.networksAdvanceds", [{"id": "net1", "aliases": ["api"]}]),
        ("taskSpec.networksAdvanceds", [{"id": "net1", "aliases": ["backend"]}, {"id": "net2"}]),
        ("taskSpec.networksAdvanceds", [{"name": "net1", "aliases": ["backend"]}]),
        ("taskSpec.containerSpec.labels", [{"label": "a", "value": "b"}]),
        ("taskSpec.containerSpec.hosts", [{"host": "a", "ip": "192.0.2.1"}]),
        ("taskSpec.containerSpec.sysctl", {"net.core.somaxconn": "1"}),
    ],
)
def test_a_service_is_replaced_where_the_real_plugin_replaces_it(service: Engine, path: str, value: Any) -> None:
    answer = service.diff(service.inputs(SERVICE_INPUTS), service.inputs(changed(SERVICE_INPUTS, path, value)))

    assert answer.replaces
    assert answer.deleteBeforeReplace == (path == "name")


def test_a_mode_that_comes_or_goes_replaces_a_service(service: Engine) -> None:
    without = {key: value for key, value in SERVICE_INPUTS.items() if key != "mode"}

    assert list(service.diff(service.inputs(without), service.inputs(SERVICE_INPUTS)).replaces) == ["mode"]


def test_a_secret_of_unknown_id_is_an_update_in_the_preview(service: Engine) -> None:
    new = changed(SERVICE_INPUTS, "taskSpec.containerSpec.secrets.0.secretId", UNKNOWN)

    assert not service.diff(service.inputs(SERVICE_INPUTS), service.inputs(new)).replaces


@pytest.mark.parametrize(
    ("path", "value"),
    [("memory", 512), ("restart", "always"), ("destroyGraceSeconds", 120), ("healthcheck", {"tests": ["CMD", "true"]})],
)
def test_a_container_changes_in_place(container: Engine, path: str, value: Any) -> None:
    answer = container.diff(container.inputs(CONTAINER_INPUTS), container.inputs({**CONTAINER_INPUTS, path: value}))

    assert (answer.changes, list(answer.replaces)) == (SOME, [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("image", "postgres:19"),
        ("envs", ["A=1"]),
        ("ports", [{"internal": 5432, "ip": "127.0.0.1"}]),
        ("volumes", [{"volumeName": "data", "containerPath": "/data"}]),
        ("uploads", [{"file": "/a", "content": "b"}]),
        ("networksAdvanced", [{"name": "net1"}]),
        ("stopTimeout", 120),
        ("capabilities", {"drops": ["ALL"]}),
    ],
)
def test_a_container_is_replaced_and_always_deleted_first(container: Engine, path: str, value: Any) -> None:
    answer = container.diff(container.inputs(CONTAINER_INPUTS), container.inputs({**CONTAINER_INPUTS, path: value}))

    assert list(answer.replaces) == [path]
    assert answer.deleteBeforeReplace


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        ("docker:index/network:Network", {}, {"driver": "overlay"}),
        ("docker:index/volume:Volume", {}, {"labels": [{"label": "a", "value": "b"}]}),
        ("docker:index/secret:Secret", {"data": "YQ=="}, {"data": "Yg=="}),
        ("docker:index/serviceConfig:ServiceConfig", {"dataRaw": "a"}, {"dataRaw": "b"}),
    ],
)
def test_all_else_is_replaced_by_any_change_the_new_one_first(token: str, old: Plain, new: Plain) -> None:
    engine = Engine(docker(), token)
    before = engine.inputs(old)
    answer = engine.diff(before, engine.inputs(new, olds=before))

    assert answer.replaces
    assert not answer.deleteBeforeReplace


@pytest.mark.parametrize(
    ("token", "inputs", "place", "reason"),
    [
        ("service:Service", {"auth": {"serverAddress": "a"}}, "auth", "does not support auth yet"),
        ("service:Service", {"mode": {"global": True}}, "mode.global", "conflicts"),
        ("service:Service", {"convergeConfig": {"timeout": "soon"}}, "convergeConfig.timeout", "a duration such as"),
        ("service:Service", {"updateConfig": {"monitor": "90s"}}, "updateConfig.monitor", "write 1m30s"),
        ("service:Service", {"updateConfig": {"monitor": "1m0s"}}, "updateConfig.monitor", "write 1m"),
        ("service:Service", {"taskSpec": {"containerSpec": {"image": "a:1"}}}, _IMAGE, "with its digest"),
        ("container:Container", {"gpus": "all"}, "gpus", "does not support gpus yet"),
        ("container:Container", {"deviceReadBps": []}, "deviceReadBps", "does not support deviceReadBps yet"),
        ("container:Container", {"networksAdvanced": [{"name": "a", "gwPriority": 1}]}, _PRIORITY, "not support"),
        ("container:Container", {"wait": True}, "wait", "needs a healthcheck"),
        ("container:Container", {"attach": True}, "mustRun", "has to be false with attach"),
        ("container:Container", {"capabilities": {"adds": ["CHOWN"]}}, "capabilities.adds", "write CAP_CHOWN"),
        ("container:Container", {"healthcheck": {"interval": "1m"}}, "healthcheck.interval", "write 1m0s"),
        ("container:Container", {"uploads": [{"file": "/a"}]}, "uploads[0]", "one of content"),
        ("secret:Secret", {"data": "not base64!"}, "data", "base64"),
        ("serviceConfig:ServiceConfig", {}, "data", "one of data and dataRaw"),
        ("volume:Volume", {"cluster": {"scope": "a"}}, "cluster", "does not support cluster yet"),
    ],
)
def test_what_cannot_be_done_or_never_settles_is_refused(token: str, inputs: Plain, place: str, reason: str) -> None:
    base = {"service:Service": SERVICE_INPUTS, "container:Container": CONTAINER_INPUTS}.get(token, {})

    failures = Engine(docker(), f"docker:index/{token}").failures({**base, **inputs})

    assert reason in failures[place]


def test_previews_of_all_types_need_no_daemon(service: Engine, container: Engine) -> None:
    assert service.create(service.inputs(SERVICE_INPUTS), preview=True)[0] == ""
    assert container.create(container.inputs(CONTAINER_INPUTS), preview=True)[1].values["networkDatas"] is UNKNOWN


def test_a_services_specification_has_the_real_plugins_defaults(service: Engine) -> None:
    spec = SERVICE.encode(dict(without_notes(service.inputs(SERVICE_INPUTS))))

    assert spec["UpdateConfig"] == {
        "Parallelism": 1,
        "Delay": 0,
        "FailureAction": "rollback",
        "Monitor": 15 * 10**9,
        "MaxFailureRatio": 0.0,
        "Order": "start-first",
    }
    assert spec["TaskTemplate"]["ContainerSpec"]["Secrets"] == [
        {"SecretID": "1", "SecretName": "a", "File": {"Name": "A", "UID": "0", "GID": "0", "Mode": 0o444}}
    ]
    assert spec["TaskTemplate"]["Networks"] == [{"Target": "net1", "Aliases": ["backend"], "DriverOpts": {}}]


def test_a_service_without_a_grace_period_is_killed_at_once() -> None:
    task = SERVICE.encode({"name": "a", "taskSpec": {"containerSpec": {"image": "a@sha256:0"}}})["TaskTemplate"]

    assert task["ContainerSpec"]["StopGracePeriod"] == 0, "which is what the real plugin sends"


def test_reading_back_what_was_written_finds_no_change() -> None:
    inputs = {"name": "a", **{key: value for key, value in SERVICE_INPUTS.items() if key != "convergeConfig"}}
    spec = SERVICE.encode(inputs)
    spec["TaskTemplate"] |= {"ForceUpdate": 0, "Runtime": "container"}
    spec["TaskTemplate"]["ContainerSpec"] |= {"Isolation": "default", "DNSConfig": {}}

    assert SERVICE.observe(inputs, spec) == inputs


def test_reading_back_shows_what_others_changed() -> None:
    inputs = {"name": "a", **{key: value for key, value in SERVICE_INPUTS.items() if key != "convergeConfig"}}
    spec = SERVICE.encode(inputs)
    spec["Mode"]["Replicated"]["Replicas"] = 5
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["A=1", "B=x=y"]
    spec["TaskTemplate"]["ContainerSpec"]["Args"] = ["--debug"]

    now = SERVICE.observe(inputs, spec)

    assert now["mode"] == {"replicated": {"replicas": 5}}
    assert now["taskSpec"]["containerSpec"]["env"] == {"A": "1", "B": "x=y"}
    assert now["taskSpec"]["containerSpec"]["args"] == ["--debug"]


def test_a_containers_configuration_has_docker_units(container: Engine) -> None:
    inputs = container.inputs(
        {
            **CONTAINER_INPUTS,
            "cpus": "0.5",
            "ports": [{"internal": 5432, "external": 5432, "ip": "127.0.0.1"}],
            "capabilities": {"drops": ["ALL"], "adds": ["CAP_CHOWN"]},
        }
    )
    config = CONTAINER.encode(dict(without_notes(inputs)))

    assert config["HostConfig"] == {
        "Memory": 256 * 1024 * 1024,
        "MemorySwap": 256 * 1024 * 1024,
        "NanoCpus": 500_000_000,
        "NetworkMode": "bridge",
        "RestartPolicy": {"Name": "unless-stopped"},
        "PortBindings": {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5432"}]},
        "CapAdd": ["CAP_CHOWN"],
        "CapDrop": ["ALL"],
    }


def test_volumes_go_where_their_kind_belongs() -> None:
    places = volumes(
        [
            {"volumeName": "data", "containerPath": "/data"},
            {"hostPath": "/etc/a", "containerPath": "/a", "readOnly": True},
            {"containerPath": "/scratch"},
            {"fromContainer": "other"},
        ]
    )

    assert places == {
        "Volumes": {"/scratch": {}},
        "HostConfig": {"Binds": ["data:/data:rw", "/etc/a:/a:ro"], "VolumesFrom": ["other"]},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("1m30s", 90 * 10**9), ("1.5s", 1_500_000_000), ("250ms", 250_000_000), ("0s", 0), ("1h0m1s", 3601 * 10**9)],
)
def test_durations_are_gos(text: str, value: int) -> None:
    assert nanoseconds(text) == value
    assert go_duration(value) == text


def test_a_services_durations_are_kept_in_their_shortest_form() -> None:
    assert [short_duration(seconds * 10**9) for seconds in (60, 90, 3600, 3660)] == ["1m", "1m30s", "1h", "1h1m"]


@pytest.mark.parametrize("text", ["", "soon", "5", "5 s", "1m30"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        nanoseconds(text)


def test_absent_and_empty_are_the_same_to_docker() -> None:
    assert same({"a": [], "b": {"c": 0}}, None)
    assert not same({"a": [1]}, {"a": []})
