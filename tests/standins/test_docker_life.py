"""What becomes of containers and services that stop, fail, change or go, as by the real plugin."""

from __future__ import annotations

from typing import Any

import pytest

from standins.docker.fields import decimal
from standins.provider.wire import Plain, Properties, decode
from tests.standins.dockerd import Dockerd, refusal
from tests.standins.driver import AbortedError, Engine, docker

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
HEALTHCHECK = {"tests": ["CMD", "true"]}


@pytest.fixture
def daemon() -> Dockerd:
    return Dockerd()


@pytest.fixture
def container(daemon: Dockerd) -> Engine:
    return Engine(docker(daemon), CONTAINER)


def made(engine: Engine, inputs: Plain) -> tuple[Plain, Properties, str]:
    """Create a container; return its checked inputs, its state and its id."""
    checked = engine.inputs({"image": "redis:8", **inputs})
    resource_id, state = engine.create(checked)
    return checked, state, resource_id


def failed(engine: Engine, inputs: Plain) -> tuple[Plain, Properties, str]:
    """Create a container, which has to fail; return its checked inputs, and what the engine keeps of it."""
    checked = engine.inputs({"image": "redis:8", **inputs})
    with pytest.raises(AbortedError):
        engine.create(checked)
    return checked, decode(engine.context.partial.properties), engine.context.partial.id


def refreshed(engine: Engine, inputs: Plain, state: Properties, resource_id: str) -> tuple[Plain, Properties]:
    answer = engine.read(inputs, state, resource_id=resource_id)
    assert answer.id == resource_id
    return decode(answer.inputs).values, decode(answer.properties)


def shown(engine: Engine, old: Plain, state: Properties, new: Plain) -> tuple[set[str], list[str]]:
    """Return what the next `up` would show as changed, and what of that replaces."""
    answer = engine.diff(old, new, state=state.values)
    return set(answer.detailedDiff), list(answer.replaces)


def test_a_container_that_stopped_is_shown_after_a_refresh_and_started_again(
    daemon: Dockerd, container: Engine
) -> None:
    inputs, state, found = made(container, {})
    daemon.stop(found)

    old, state = refreshed(container, inputs, state, found)
    assert shown(container, old, state, inputs) == ({"mustRun"}, [])
    state = container.update(inputs, old, state, resource_id=found)

    assert daemon.calls == ["create", "start", "stop", "start"], "the same container"
    assert shown(container, inputs, state, inputs) == (set(), [])


def test_a_container_that_exits_at_once_is_made_and_shown_by_every_later_up(daemon: Dockerd, container: Engine) -> None:
    daemon.exits_at_once = True
    inputs, state, found = made(container, {})

    assert (state.values["mustRun"], state.values["exitCode"]) == (False, 1)
    for _ in range(2):
        assert shown(container, inputs, state, inputs) == ({"mustRun"}, [])
        state = container.update(inputs, inputs, state, resource_id=found)
    assert "remove" not in daemon.calls


@pytest.mark.parametrize("refresh", [False, True], ids=["at once", "after a refresh"])
def test_a_container_that_is_not_healthy_in_time_fails_and_is_replaced_by_the_next_up(refresh: bool) -> None:
    daemon = Dockerd(health="unhealthy")
    engine = Engine(docker(daemon), CONTAINER)
    inputs, state, found = failed(engine, {"wait": True, "waitTimeout": 0, "healthcheck": HEALTHCHECK})
    if refresh:
        inputs, state = refreshed(engine, inputs, state, found)

    assert found in daemon.objects
    assert shown(engine, inputs, state, inputs)[1] == ["__failed"]


def test_a_container_that_is_not_healthy_in_time_says_why() -> None:
    engine = Engine(docker(Dockerd(health="starting")), CONTAINER)
    inputs = engine.inputs({"image": "a", "wait": True, "waitTimeout": 0, "healthcheck": HEALTHCHECK})

    with pytest.raises(AbortedError, match="failed to be in healthy state: it is starting, and said: last words"):
        engine.create(inputs)


def test_a_container_that_became_healthy_late_is_not_replaced(daemon: Dockerd, container: Engine) -> None:
    inputs = {"wait": True, "waitTimeout": 0, "healthcheck": HEALTHCHECK}
    daemon.refuses = {"start": refusal(500, "port is already allocated")}
    checked, state, found = failed(container, inputs)
    daemon.refuses = {}
    daemon.start(found)

    old, state = refreshed(container, checked, state, found)

    assert shown(container, old, state, checked) == (set(), [])


def test_a_container_that_cannot_start_is_left_and_replaced_by_the_next_up(daemon: Dockerd, container: Engine) -> None:
    daemon.refuses = {"start": refusal(500, "port is already allocated")}
    inputs, state, found = failed(container, {})

    assert "Unable to start container: port is already allocated" in container.context.partial.reasons[0]
    assert not daemon.objects[found]["State"]["Running"]
    assert shown(container, inputs, state, inputs)[1] == ["__failed"]


def test_memory_is_reserved_on_the_running_container(daemon: Dockerd, container: Engine) -> None:
    inputs, state, found = made(container, {})
    new = container.inputs({"image": "redis:8", "memoryReservation": 64}, olds=inputs)

    assert shown(container, inputs, state, new) == ({"memoryReservation"}, [])
    after = container.update(new, inputs, state, resource_id=found)

    assert (after.values["memoryReservation"], daemon.calls) == (64, ["create", "start", "update"])


@pytest.mark.parametrize("name", ["cpuPeriod", "cpuQuota", "init", "rm"])
def test_a_change_that_the_real_plugin_never_applies_is_refused_with_the_mend(container: Engine, name: str) -> None:
    inputs, state, found = made(container, {})
    value: Any = True if name in {"init", "rm"} else 50000
    new = container.inputs({"image": "redis:8", name: value}, olds=inputs)

    with pytest.raises(AbortedError, match=f"replace_on_changes=.'{name}'."):
        container.update(new, inputs, state, resource_id=found)


def test_a_container_that_was_renamed_is_replaced(daemon: Dockerd, container: Engine) -> None:
    inputs, state, found = made(container, {"name": "redis"})
    daemon.objects[found]["Name"] = "/other"

    old, state = refreshed(container, inputs, state, found)

    assert shown(container, old, state, inputs) == ({"name"}, ["name"])


@pytest.mark.parametrize(
    ("name", "settled", "written"),
    [
        ("cpus", "1.0", "1"),
        (
            "ports",
            [{"internal": 80, "external": 80}, {"internal": 443, "external": 443}],
            [{"internal": 443, "external": 443}, {"internal": 80, "external": 80}],
        ),
    ],
)
def test_what_is_read_back_in_another_form_is_replaced_by_every_up(
    container: Engine, name: str, settled: Any, written: Any
) -> None:
    for value, replaces in ((settled, False), (written, True)):
        inputs, state, _ = made(container, {name: value})

        assert bool(shown(container, inputs, state, inputs)[1]) == replaces, value


@pytest.mark.parametrize(
    ("cpus", "form"), [(1, "1.0"), (0.5, "0.5"), (0.25, "0.25"), (0.05, "0.1"), (10, "10."), (1.5, "1.5")]
)
def test_an_amount_of_processors_has_the_real_plugins_form(cpus: float, form: str) -> None:
    assert decimal(round(cpus * 10**9)) == form


def test_a_service_whose_container_outlives_its_grace_fails_once(daemon: Dockerd) -> None:
    engine = Engine(docker(daemon), SERVICE)
    spec = {"taskSpec": {"containerSpec": {"image": "a@sha256:0", "stopGracePeriod": "1s"}}}
    inputs = engine.inputs(spec)
    service, state = engine.create(inputs)
    daemon.objects["task"] = {"Id": "task"}

    with pytest.raises(AbortedError, match="error on wait for container with ID 'task': context deadline exceeded"):
        engine.delete(inputs, state, service)
    del daemon.objects["task"]
    engine.delete(inputs, state, service)

    assert daemon.objects == {}


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (CONTAINER, {"image": "a"}),
        ("docker:index/network:Network", {}),
        ("docker:index/secret:Secret", {"data": "YQ=="}),
        (SERVICE, {"taskSpec": {"containerSpec": {"image": "a@sha256:0"}}}),
        ("docker:index/serviceConfig:ServiceConfig", {"dataRaw": "a"}),
        ("docker:index/volume:Volume", {}),
    ],
)
def test_what_is_gone_already_is_deleted_whatever_the_status_of_the_answer(
    daemon: Dockerd, token: str, inputs: Plain, status: int
) -> None:
    engine = Engine(docker(daemon), token)
    checked = engine.inputs(inputs)
    found, state = engine.create(checked)
    daemon.refuses = {"remove": refusal(status, f"network {found} not found")}

    engine.delete(checked, state, found)

    assert daemon.calls[-1] == "remove"


@pytest.mark.parametrize("token", ["docker:index/network:Network", "docker:index/volume:Volume"])
def test_what_was_deleted_is_not_deleted_again(daemon: Dockerd, token: str) -> None:
    engine = Engine(docker(daemon), token)
    inputs = engine.inputs({})
    found, state = engine.create(inputs)

    engine.delete(inputs, state, found)

    assert daemon.calls == ["remove"]
