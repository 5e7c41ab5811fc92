"""All rules are asked about one object for each request of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format
from pulumi_policy import policy

from policies.decoding import decode_once
from policies.rule import Limits, Resource, ResourceRule, Stack, StackRule, of_type
from tests.policies.test_pack import _COMMON, Engine


@pytest.fixture
def decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the SDK as it is installed, change it, and put it back afterwards."""
    monkeypatch.setattr(policy, "json_format", json_format)
    for name in ("deserialize_properties", "unknown_checking_proxy"):
        monkeypatch.setattr(policy, name, _installed(name))
    decode_once()


def _installed(name: str) -> Any:
    module = sys.modules[f"pulumi_policy.{'proxy' if name.startswith('unknown') else 'deserialize'}"]
    return getattr(module, name)


@pytest.mark.usefixtures("decoding")
def test_every_rule_is_asked_about_the_same_decoded_resource() -> None:
    asked: list[Resource] = []
    wholes: list[Stack] = []

    def ask(resource: Resource, _: Limits) -> Iterator[str]:
        asked.append(resource)
        yield from ()

    def ask_of_stack(_: Resource, stack: Stack, __: Limits) -> Iterator[str]:
        wholes.append(stack)
        yield from ()

    rules = [ResourceRule(judges=of_type("thing"), check=ask, **_COMMON | {"id": f"r{n}"}) for n in range(3)]
    stack_rules = [StackRule(judges=of_type("thing"), check=ask_of_stack, **_COMMON | {"id": f"s{n}"}) for n in (4, 5)]
    engine = Engine(rules=[*rules, *stack_rules])
    engine.ask(("thing", "one", {"size": 1}))
    engine.ask(("thing", "one", {"size": 2}))
    sizes = [resource.inputs["size"] for resource in asked]
    assert sizes == [1, 1, 1, 2, 2, 2], "a second request about a resource is about what it says"
    assert len(set(map(id, asked))) == 2
    assert [stack.resources[0].inputs["size"] for stack in wholes] == [1, 1, 2, 2]
    assert len(set(map(id, wholes))) == 2


def test_the_pack_has_the_sdk_decode_once() -> None:
    code = """
import runpy
import pulumi_policy
pulumi_policy.PolicyPack = lambda *_, **__: print(pulumi_policy.policy.json_format.MessageToDict)
runpy.run_path("policies/__main__.py")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert "remembered" in done.stdout


@pytest.mark.usefixtures("decoding")
def test_in_a_stack_that_is_too_large_to_be_remembered_everything_is_still_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("policies.decoding._CACHE_SIZE", 1)
    things = [("thing", f"thing-{number}", {"words": ["far too long"]}) for number in range(3)]

    said = Engine().ask(*things)

    judged = [message for _, _, message in said if "words[0]: is too long" in message]
    assert all(f"thing-{number}:" in judged[number] for number in range(3))


def test_an_sdk_that_decodes_otherwise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(policy, "json_format")

    with pytest.raises(AttributeError, match="no json_format any more"):
        decode_once()
