"""The framework of the stand-ins, with a provider whose objects live in a dict."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from standins.provider.resource import IncompleteError, ProviderError, Resource
from standins.provider.standin import StandIn
from standins.provider.wire import UNKNOWN, Plain, Properties, decode, encode
from tests.standins.driver import AbortedError, Engine

CANARY = "canary-of-a-secret"
TOKEN = "docker:index/serviceConfig:ServiceConfig"


class Thing(Resource[dict[str, Plain]]):
    """Keeps its inputs in the client's dict; a `dataRaw` of `fail` or `half` makes it fail, before or after that."""

    handles = TOKEN
    arguments = "pulumi_docker.service_config:ServiceConfigArgs"
    auto_name = "name"
    replaces = frozenset({"name"})
    outputs = frozenset({"echo"})
    volatile_outputs = outputs

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        if inputs["dataRaw"].startswith("fail"):
            raise RuntimeError(f"no {inputs['dataRaw']} today")
        self.client["1"] = inputs
        if inputs["dataRaw"].startswith("half"):
            raise IncompleteError(f"{inputs['dataRaw']} is not ready", "1", {"echo": "e"})
        return "1", {"echo": f"<{inputs['dataRaw']}>"}

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        del inputs
        return (self.client[resource_id], outputs) if resource_id in self.client else None

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        del old_inputs
        self.client[resource_id] = inputs
        return {"echo": outputs["echo"]}


@pytest.fixture
def objects() -> dict[str, Plain]:
    return {}


@pytest.fixture
def engine(objects: dict[str, Plain]) -> Engine:
    provider = StandIn("docker", "pulumi_docker.provider:ProviderArgs", lambda _: objects, [Thing])
    return Engine(provider, TOKEN)


def test_an_unknown_type_names_the_types_that_there_are(engine: Engine) -> None:
    with pytest.raises(AbortedError, match=f"no stand-in for a:b:C; the ones it has are {TOKEN}"):
        Engine(engine.provider, "a:b:C").check({})


def test_a_preview_of_a_create_makes_nothing_and_knows_no_outputs(engine: Engine, objects: dict[str, Plain]) -> None:
    resource_id, state = engine.create({"dataRaw": "x"}, preview=True)

    assert (resource_id, state.values) == ("", {"dataRaw": "x", "echo": UNKNOWN})
    assert objects == {}


def test_a_preview_of_an_update_changes_nothing_and_forgets_what_may_change(
    engine: Engine, objects: dict[str, Plain]
) -> None:
    state = engine.update({"dataRaw": "y"}, {"dataRaw": "x"}, Properties({"echo": "x"}), preview=True)

    assert state.values == {"dataRaw": "y", "echo": UNKNOWN}
    assert objects == {}


def test_a_name_is_made_from_the_logical_one_and_kept(engine: Engine) -> None:
    first = engine.inputs({"dataRaw": "x"})
    again = engine.inputs({"dataRaw": "x"}, olds=first, seed=b"2")

    assert first["name"].startswith("thing-")
    assert again == first


def test_a_replacement_gets_another_name(engine: Engine) -> None:
    assert engine.inputs({"dataRaw": "x"}, seed=b"1")["name"] != engine.inputs({"dataRaw": "x"}, seed=b"2")["name"]


def test_a_given_name_that_is_dropped_is_not_kept(engine: Engine) -> None:
    given = engine.inputs({"dataRaw": "x", "name": "mine"})

    assert engine.inputs({"dataRaw": "x"}, olds=given)["name"].startswith("thing-")


def test_a_given_name_makes_a_replacement_delete_first(engine: Engine) -> None:
    given = engine.inputs({"dataRaw": "x", "name": "mine"})
    other = engine.inputs({"dataRaw": "x", "name": "other"})
    automatic = engine.inputs({"dataRaw": "x"})

    assert engine.diff(given, other).deleteBeforeReplace
    assert not engine.diff(given, automatic).deleteBeforeReplace


def test_create_then_diff_and_read_then_diff_change_nothing(engine: Engine) -> None:
    inputs = engine.inputs({"dataRaw": "x", "labels": [{"label": "a", "value": "b"}]})
    _, state = engine.create(inputs)
    answer = engine.read(inputs, state)

    assert engine.diff(inputs, inputs).changes == 1, "DIFF_NONE"
    assert engine.diff(decode(answer.inputs).values, inputs).changes == 1, "DIFF_NONE"
    assert decode(answer.properties) == state


def test_a_change_by_other_hands_shows_after_a_read(engine: Engine, objects: dict[str, Plain]) -> None:
    inputs = engine.inputs({"dataRaw": "x"})
    _, state = engine.create(inputs)
    objects["1"] = {**objects["1"], "dataRaw": "y"}
    answer = engine.read(inputs, state)

    assert list(engine.diff(decode(answer.inputs).values, inputs).detailedDiff) == ["dataRaw"]


def test_a_vanished_object_has_no_id(engine: Engine) -> None:
    assert engine.read({"dataRaw": "x"}, Properties({})).id == ""


def test_an_ignored_change_is_none(engine: Engine) -> None:
    assert engine.diff({"labels": [{"label": "a"}]}, {"labels": [{"label": "b"}]}, ["labels"]).changes == 1, "DIFF_NONE"


def test_a_secret_input_is_secret_in_the_state_and_so_is_what_echoes_it(engine: Engine) -> None:
    _, state = engine.create({"dataRaw": CANARY}, secrets={("dataRaw",)})

    assert state.values == {"dataRaw": CANARY, "echo": f"<{CANARY}>"}
    assert state.secrets == {("dataRaw",), ("echo",)}


def test_an_output_that_echoes_a_former_secret_stays_secret(engine: Engine) -> None:
    before = Properties({"dataRaw": CANARY, "echo": f"<{CANARY}>"}, {("dataRaw",), ("echo",)})

    assert ("echo",) in engine.update({"dataRaw": "new"}, {"dataRaw": "new"}, before).secrets


def test_a_secret_within_a_list_that_was_read_back_hides_all_of_it(engine: Engine, objects: dict[str, Plain]) -> None:
    labels = [{"label": "a", "value": CANARY}]
    inputs = {"dataRaw": "x", "labels": labels}
    objects["1"] = {"dataRaw": "x", "labels": [{"label": "new", "value": "n"}, *labels]}

    answer = engine.read(inputs, Properties(inputs), secrets={("labels", 0, "value")})

    assert decode(answer.inputs).secrets == {("labels",)}


def test_an_error_shows_no_secret(engine: Engine) -> None:
    with pytest.raises(AbortedError) as error:
        engine.create({"dataRaw": f"fail {CANARY}"}, secrets={("dataRaw",)})

    assert str(error.value) == "RuntimeError: no [secret] today"


def test_an_object_that_is_made_but_not_ready_is_kept_in_the_state(engine: Engine) -> None:
    with pytest.raises(AbortedError, match="is not ready"):
        engine.create({"dataRaw": "half"})

    partial = engine.context.partial
    assert (partial.id, decode(partial.properties).values) == ("1", {"dataRaw": "half", "echo": "e"})


def test_wrong_inputs_name_their_place(engine: Engine) -> None:
    assert engine.failures({"dataRaw": 1, "nam": "x"}) == {
        "dataRaw": "expected a string, got an integer",
        "nam": "the real provider has no such property; did you mean name?",
    }


def test_settings_that_come_as_json_are_checked_as_what_they_are() -> None:
    provider = StandIn("docker", "pulumi_docker.provider:ProviderArgs", lambda _: {}, [Thing])
    engine = Engine(provider, TOKEN)

    def failures(settings: Plain) -> dict[str, str]:
        answer = provider.CheckConfig(provider_pb2.CheckRequest(news=encode(Properties(settings))), engine.context)
        return {failure.property: failure.reason for failure in answer.failures}

    assert failures({"host": "unix:///x", "sshOpts": '["-i", "key"]', "version": "5.2.0"}) == {}
    assert failures({"sshOpts": '["-i", 1]'}) == {"sshOpts[1]": "expected a string, got an integer"}


def test_a_client_that_cannot_connect_is_an_error_and_asked_again() -> None:
    answers: list[Any] = [ProviderError("cannot reach it"), {}]

    def connect(settings: Plain) -> dict[str, Plain]:
        del settings
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    engine = Engine(StandIn("docker", "pulumi_docker.provider:ProviderArgs", connect, [Thing]), TOKEN)

    with pytest.raises(AbortedError, match="cannot reach it"):
        engine.create({"dataRaw": "x"})
    assert engine.create({"dataRaw": "x"})[0] == "1"
