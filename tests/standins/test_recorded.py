"""What the real docker and command plugins did with the program's resources, done again by the stand-ins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import filterfalse
from typing import Any

import pytest

from standins.command.resources import Command
from standins.provider import schema
from standins.provider.schema import DEFAULTS
from standins.provider.schema_cache import accepted
from standins.provider.wire import Path, Plain, decode
from tests.engine import ROOT
from tests.standins.dockerd import Dockerd
from tests.standins.driver import KINDS, Engine, command, docker

RECORDED = json.loads((ROOT / "tests/recorded/docker-5.2-command-1.2.json").read_text())
# Inputs with every block and little in it, and what the real Check made of them.
CHECKS = json.loads((ROOT / "tests/recorded/docker-5.2-command-1.2-checks.json").read_text())
REFUSED = ("cluster", "connection.proxy", "deviceRequests")  # by the stand-ins, by name
LISTED = ROOT / "docs/stand-ins.md"
# The record has neither secrets nor what holds them; these fit in their place.
CONNECTION = {"dialErrorLimit": 10, "host": "192.0.2.1", "perDialTimeout": 15, "port": 22, "user": "root"}
SECRETS: Plain = {"connection": CONNECTION, "data": "c2VjcmV0", "stdin": "secret"}
NETWORK_DATA = {
    "IPAddress": "ipAddress",
    "IPPrefixLen": "ipPrefixLength",
    "Gateway": "gateway",
    "MacAddress": "macAddress",
    "GlobalIPv6Address": "globalIpv6Address",
    "GlobalIPv6PrefixLen": "globalIpv6PrefixLength",
    "IPv6Gateway": "ipv6Gateway",
}


@pytest.fixture(params=RECORDED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def restored(properties: Plain) -> Plain:
    """Return recorded properties with something in place of their secrets."""
    return {key: SECRETS.get(key, value) if value == "[secret]" else value for key, value in properties.items()}


def declared(value: Any) -> Any:
    """Return recorded inputs as the program declared them: without what Check added."""
    if isinstance(value, dict):
        added = {DEFAULTS, *value.get(DEFAULTS, ())}
        return {key: declared(item) for key, item in value.items() if key not in added}
    return [declared(item) for item in value] if isinstance(value, list) else value


def engine(name: str) -> Engine:
    """Return an engine before a daemon that holds what only the daemon of the record knew: ids, addresses, images."""
    token, _, resource = name.partition(" ")
    if token.startswith("command"):
        return Engine(command(), token, resource)
    outputs = RECORDED[name]["created"]["outputs"]
    networks = {
        data["networkName"]: {field: data[key] for field, key in NETWORK_DATA.items()}
        for data in outputs.get("networkDatas", [])
    }
    places = {"Entrypoint": "entrypoints", "Hostname": "hostname", "WorkingDir": "workingDir"}
    image = {field: outputs.get(key) for field, key in places.items()}
    daemon = Dockerd(outputs["id"], image, networks, outputs.get("options"))
    return Engine(docker(daemon), token, resource)


def differences(real: Any, ours: Any, unordered: frozenset[str], path: str = "") -> Iterator[str]:
    """Yield the general paths of what only one state has, null being absent; with its values where both have some."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in real.keys() | ours.keys():
            yield from differences(real.get(key), ours.get(key), unordered, f"{path}.{key}" if path else key)
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        if path in unordered:
            real, ours = (sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) for items in (real, ours))
        for pair in zip(real, ours, strict=True):
            yield from differences(*pair, unordered, path)
    elif real != ours:
        yield path if real is None or ours is None else f"{path}: {real} became {ours}"


def listed() -> set[str]:
    """Return the fields that the list of differences names."""
    (table,) = re.findall(r"^## Fields\n(.*?)^## ", LISTED.read_text(), re.MULTILINE | re.DOTALL)
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return {field for row in rows for field in re.findall(r"`([\w.]+)`", row)}


def test_check_adds_what_the_real_check_added(name: str) -> None:
    inputs = restored(RECORDED[name]["created"]["inputs"])
    program = {**declared(inputs), **({"connection": {"host": "192.0.2.1"}} if "connection" in inputs else {})}

    answer = engine(name).check(program, olds=inputs)

    assert not answer.failures, answer.failures
    assert decode(answer.inputs).values == inputs


@pytest.mark.parametrize("token", sorted(CHECKS.keys() & {kind.handles for kind in KINDS}))
def test_every_default_of_the_real_check_is_known(token: str) -> None:
    (kind,) = (kind for kind in KINDS if kind.handles == token)
    completed = schema.complete(accepted(kind.arguments), CHECKS[token]["given"], kind.defaults)

    different = differences(CHECKS[token]["checked"], schema.without_notes(completed), frozenset())

    assert [*filterfalse(lambda path: path.startswith(REFUSED), different)] == []


@pytest.mark.parametrize("moment", ["created", "read"])
def test_a_state_is_as_the_real_plugin_left_it_but_for_the_fields_that_are_listed(
    name: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created, read = RECORDED[name]["created"], RECORDED[name]["read"]
    inputs, outputs = restored(created["inputs"]), restored(created["outputs"])
    printed = {stream: outputs.get(stream) for stream in ("stdout", "stderr")}
    monkeypatch.setattr(Command, "_run", lambda *_: printed)
    secrets: set[Path] = {(key,) for key, value in created["inputs"].items() if value == "[secret]"}
    resource = engine(name)

    resource_id, state = resource.create(inputs, secrets)
    now = inputs
    if moment == "read":
        answer = resource.read(inputs, state, secrets, resource_id)
        now, state = decode(answer.inputs).values, decode(answer.properties)
    wanted = created if moment == "created" or read == "the same" else read

    unordered = resource.kind.unordered
    assert set(differences(restored(wanted["inputs"]), now, frozenset())) == set()
    assert set(differences(restored(wanted["outputs"]), state.values, unordered)) <= listed()
    assert {(key,) for key, value in wanted["outputs"].items() if value == "[secret]"} <= state.secrets


def test_every_field_that_is_listed_differs_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "_run", lambda *_: {})
    different: set[str] = set()
    for name, record in RECORDED.items():
        resource = engine(name)
        _, state = resource.create(restored(record["created"]["inputs"]))
        different |= set(differences(record["created"]["outputs"], state.values, resource.kind.unordered))

    assert listed() <= different
