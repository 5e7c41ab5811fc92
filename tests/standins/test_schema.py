"""What the SDKs' argument classes say about inputs."""

import pytest

from standins.provider import schema
from standins.provider.schema_cache import accepted
from standins.provider.wire import UNKNOWN, Plain

SERVICE = "pulumi_docker.service:ServiceArgs"
COMMAND = "pulumi_command.remote.command:CommandArgs"


def refused(location: str, inputs: Plain) -> dict[str, str]:
    return dict(schema.check(accepted(location), inputs))


def test_an_unknown_property_is_refused_with_the_closest_real_one() -> None:
    inputs = {"taskSpec": {"containerSpec": {"image": "a", "envs": {}}}}

    assert refused(SERVICE, inputs) == {
        "taskSpec.containerSpec.envs": "the real provider has no such property; did you mean env?"
    }


def test_a_missing_property_is_refused_where_it_is_missing() -> None:
    inputs = {"taskSpec": {"containerSpec": {"image": "a", "secrets": [{"secretId": "1"}]}}}

    assert refused(SERVICE, inputs) == {"taskSpec.containerSpec.secrets[0].fileName": "required, and missing"}


@pytest.mark.parametrize(
    ("replicas", "reason"),
    [
        ("2", "expected an integer, got a string"),
        (2.5, "expected an integer, got a number"),
        (True, "expected an integer, got a boolean"),
    ],
)
def test_a_mistyped_property_is_refused(replicas: object, reason: str) -> None:
    inputs = {"taskSpec": {"containerSpec": {"image": "a"}}, "mode": {"replicated": {"replicas": replicas}}}

    assert refused(SERVICE, inputs) == {"mode.replicated.replicas": reason}


def test_a_whole_number_that_comes_as_a_float_is_an_integer() -> None:
    inputs = {"taskSpec": {"containerSpec": {"image": "a"}}, "mode": {"replicated": {"replicas": 2.0}}}

    assert refused(SERVICE, inputs) == {}


def test_what_is_not_known_yet_passes_at_every_depth() -> None:
    assert refused(SERVICE, {"taskSpec": UNKNOWN}) == {}
    assert refused(SERVICE, {"taskSpec": {"containerSpec": {"image": UNKNOWN, "env": {"A": UNKNOWN}}}}) == {}


def test_the_items_of_lists_and_maps_are_checked() -> None:
    inputs = {"connection": {"host": "a"}, "environment": {"A": 1}}

    assert refused(COMMAND, inputs) == {"environment.A": "expected a string, got an integer"}


def test_an_enumeration_takes_only_its_values() -> None:
    inputs = {"connection": {"host": "a"}, "logging": "loud"}

    assert refused(COMMAND, inputs) == {"logging": "expected one of stdout, stderr, stdoutAndStderr, none"}


def test_a_list_of_anything_takes_anything() -> None:
    assert refused(COMMAND, {"connection": {"host": "a"}, "triggers": [1, "a", {"b": [True]}]}) == {}


def test_a_file_has_to_be_an_asset() -> None:
    inputs = {"connection": {"host": "a"}, "remotePath": "/a", "source": "a.txt"}

    assert refused("pulumi_command.remote.copy_to_remote:CopyToRemoteArgs", inputs) == {
        "source": "expected an asset or an archive, got a string"
    }


def test_a_value_that_is_refused_is_not_shown() -> None:
    failures = refused("pulumi_docker.secret:SecretArgs", {"data": ["canary-of-a-secret"]})

    assert "canary" not in str(failures), "the value may be a secret"
