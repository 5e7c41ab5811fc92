"""With the real docker and command plugins, what was deployed stays as it is, and the policies let it through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import settings
from policies.defaults import DEFAULTS, without_defaults
from policies.findings import concerns, findings
from policies.rule import Resource, ResourceRule, Stack, StackRule
from policies.rules import RULES
from settings.values import ContainerCpus, Image
from tests import upstream
from tests.conftest import run_main
from tests.engine import DIGEST, Declared, declare, stack_config
from tests.policies.cases import CASES
from tests.policies.program import Program, program
from tests.policies.test_mutations import broken
from tests.real_plugins import CHECKS, RECORDINGS, Recording, completed, differences
from tests.some import some

# Values declared since, by path: nobody waited for nginx, and healths were asked for more often.
SINCE: dict[str, dict[str, Any]] = {
    "load-balancer-server": {"wait": True, "waitTimeout": 120},
    "database-server": {"healthcheck.interval": "5s", "healthcheck.retries": 3},
    "cache-server": {"healthcheck.interval": "5s", "healthcheck.retries": 3},
    "application-backend": {"taskSpec.containerSpec.healthcheck.interval": "5s"},
    "application-frontend": {"taskSpec.containerSpec.healthcheck.interval": "5s"},
}
# Declared since, and of a kind that is recorded: scripts, with a secret (as cache-login) and without (as host-ready).
NOT_RECORDED = {"capacity-checked", "host-private-images"}
# Commands were recorded when their scripts stood in the command line, and some were logged.
SCRIPTED = ("create", "stdin", "logging")
recorded = pytest.mark.parametrize("recording", RECORDINGS.values(), ids=lambda recording: recording.name)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@recorded
def test_what_is_declared_is_what_the_plugin_was_given(recording: Recording, platform: Declared) -> None:
    declared = platform[recording.name]
    given = recording.given | scripted(declared.type, declared.inputs)
    for path, value in SINCE.get(recording.name, {}).items():
        *names, last = path.split(".")
        reduce(getitem, names, given)[last] = value

    assert declared.type == recording.type
    assert [*differences({"name": given.get("name"), **declared.inputs}, given)] == []


def scripted(type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what makes the script of a command, nothing of another resource."""
    return {key: inputs[key] for key in SCRIPTED} if type_ == "command:remote:Command" else {}


def test_every_resource_of_the_two_plugins_was_recorded(platform: Declared) -> None:
    declared = {resource.name for resource in platform.made if resource.type.startswith(("docker:", "command:"))}

    assert declared == set(RECORDINGS) | NOT_RECORDED


@recorded
def test_what_the_plugin_was_given_is_what_it_reads(recording: Recording) -> None:
    assert recording.checked_when_read == recording.checked
    for outputs in (recording.created, recording.read):
        assert [*unlike(recording.told, outputs)] == []


def unlike(told: Any, output: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which an output is not the input; the provider keeps many lists as sets, in any order."""
    if path == "ports" or not isinstance(told, dict | list):
        same = told == output or (path.endswith(".maxFailureRatio") and float(told) == float(output))
        if not same:
            yield f"{path}: {told!r} reads as {output!r}"
    elif isinstance(told, dict):
        for key, value in told.items():
            yield from unlike(value, output[key], f"{path}.{key}".removeprefix("."))
    elif all(isinstance(item, dict) for item in told):
        unmatched = [item for item in told if all([*unlike(item, other, path)] for other in output)]
        if unmatched or len(told) != len(output):
            yield f"{path}: {told!r} reads as {output!r}"
    elif path in ("command", "taskSpec.containerSpec.args") or path.endswith(".tests"):
        yield from unlike(tuple(told), tuple(output), path)
    elif sorted(told) != sorted(output):
        yield f"{path}: {told!r} reads as {output!r}"


@pytest.fixture(scope="module")
def extreme(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Declare the sandbox with settings at the ends of what is allowed."""
    config = stack_config("sandbox", tmp_path_factory.mktemp("keys"))

    def change(section: str, **values: Any) -> None:
        key = f"{settings.PROJECT}:{section}"
        config[key] = json.dumps({**json.loads(config.get(key, "{}")), **values})

    change("host", ipv6="2001:db8::1")
    change("network", subnet="10.0.0.0/9", data_subnet="192.168.255.192/26")
    change("database", cpus=10, memory="64GB", shared_buffers="1MB")
    change("cache", cpus=0.125, memory="1025MB", maxmemory="820MB")
    change("load_balancer", cpus=256, memory="7MB")
    application = json.loads(config[f"{settings.PROJECT}:application"])
    application["backend"] |= {
        "cpus": 0.01,
        "replicas": 2,
        "user_id": 65534,
        "environment": {"EMPTY": "", "EQUAL": "a=b"},
    }
    application["frontend"] |= {"cpus": 255.999999999, "replicas": 100}
    change("application", **application | {"health_interval_seconds": 59, "monitor_seconds": 59})

    return declare(run_main, config)


@pytest.mark.parametrize("stack", ["platform", "staging", "production", "extreme"])
def test_every_input_is_written_as_upstream_reads_it(stack: str, request: pytest.FixtureRequest) -> None:
    declared: Declared = request.getfixturevalue(stack)
    read = [
        (resource.name, resource.inputs, reading(resource.inputs))
        for resource in declared.made
        for reading in upstream.READ.get(resource.type, ())
    ]

    assert set(upstream.READ) <= {resource.type for resource in declared.made}
    for name, inputs, inputs_read in some(read):
        assert [*differences(inputs, inputs_read)] == [], f"{name} would change at every deployment"


def test_an_input_whose_change_upstream_never_applies_replaces_the_container(platform: Declared) -> None:
    containers = platform.of_type("/container:Container")

    assert containers
    for container in some(containers):
        assert upstream.NEVER_APPLIED & container.inputs.keys() <= set(container.request.replaceOnChanges)


def test_what_the_program_has_replaced_goes_before_another_of_its_name_comes(platform: Declared) -> None:
    named = [resource for resource in platform.made if "name" in resource.inputs]
    replaced = [resource for resource in named if resource.request.replaceOnChanges]

    assert all(resource.request.deleteBeforeReplace for resource in some(replaced))


def test_the_host_is_reached_over_ipv6_from_ports_of_its_own(extreme: Declared) -> None:
    ports = extreme["load-balancer-server"].inputs["ports"]

    assert {(port["ip"], port["external"]) for port in ports} == {
        (address, port)
        for address in ("0.0.0.0", "::")  # noqa: S104  compared, not bound
        for port in (80, 443)
    }
    assert len({port["internal"] for port in ports}) == len(ports)


@given(st.integers(0, 300 * 10**9) | st.integers(0, 300_000).map(lambda milli: milli * 10**6))
def test_a_container_has_any_number_of_processors_that_upstream_keeps(nano: int) -> None:
    cpus = nano / 10**9
    kept = upstream.cpus(f"{cpus:.9f}")
    try:
        TypeAdapter(ContainerCpus).validate_python(cpus)
    except ValidationError:
        assert Fraction(kept) != Fraction(nano, 10**9) or not 0.01 <= cpus <= 256
    else:
        assert settings.cpus_text(cpus) == kept == upstream.cpus(kept)
        assert Fraction(kept) == Fraction(nano, 10**9)


@pytest.mark.parametrize("cpus", [0.05, 10.05, 20.01, 100.25, 0.123456789012])
@pytest.mark.parametrize("section", ["database", "cache", "load_balancer"])
def test_a_number_of_processors_that_upstream_changes_is_refused_with_its_path(
    section: str, cpus: float, tmp_path: Path
) -> None:
    config = stack_config("sandbox", tmp_path)
    key = f"{settings.PROJECT}:{section}"
    config[key] = json.dumps({**json.loads(config[key]), "cpus": cpus})

    _, problems = settings.parse(config, {f"{settings.PROJECT}:{name}" for name in settings.SECRETS}, "sandbox")

    (problem,) = (problem for problem in problems if problem.key == f"{key}.cpus")
    assert "would replace the container" in problem.wrong
    assert "tenths" in problem.mend


@pytest.mark.parametrize("image", ["acme/app", "app", "ghcr.io/acme/app", "192.0.2.1:5000/library/app"])
def test_an_image_that_docker_names_the_same_is_let_through(image: str) -> None:
    pinned = f"{image}:v1@{DIGEST}"

    assert upstream.service_image(pinned) == TypeAdapter(Image).validate_python(pinned)


@pytest.mark.parametrize(
    "image", ["docker.io/acme/app", "library/app", "index.docker.io/acme/app", "docker.io/library/app"]
)
def test_an_image_that_docker_names_otherwise_is_refused(image: str) -> None:
    pinned = f"{image}:v1@{DIGEST}"

    assert upstream.service_image(pinned) != pinned
    with pytest.raises(ValidationError, match="would change the service"):
        TypeAdapter(Image).validate_python(pinned)


def findings_of(rule: ResourceRule | StackRule, stack: Stack) -> list[tuple[str, str]]:
    return [
        (resource.name, finding.text)
        for resource in stack.resources
        if concerns(rule, resource)
        for finding in findings(rule, resource, stack)
    ]


def stack(inputs: Callable[[Recording], dict[str, Any]]) -> Stack:
    """Return all that was recorded, with the inputs in one of their forms."""
    return Stack([Resource(of.type, of.name, f"urn::{of.name}", inputs(of)) for of in RECORDINGS.values()])


@every_rule
def test_a_rule_answers_the_same_with_and_without_what_the_plugin_filled_in(rule: ResourceRule | StackRule) -> None:
    told, given = stack(lambda recording: recording.told), stack(lambda recording: recording.given)

    assert findings_of(rule, told) == findings_of(rule, given)


@recorded
def test_what_the_rules_leave_out_is_what_the_plugin_says_it_filled_in(recording: Recording) -> None:
    assert without_defaults(recording.type, recording.told) == without_defaults(recording.type, recording.given)


@pytest.mark.parametrize("type_", CHECKS)
def test_every_default_of_the_plugins_is_known(type_: str) -> None:
    given, checked = CHECKS[type_]["given"], CHECKS[type_]["checked"]

    assert checked != given
    assert without_defaults(type_, checked) == given
    assert filled(given, DEFAULTS[type_]) == checked


@every_rule
def test_a_rule_answers_the_same_in_each_of_its_cases_when_the_plugin_has_checked_it(
    rule: ResourceRule | StackRule,
) -> None:
    cases = CASES[rule.id]
    for name, case in {**cases.good, **cases.bad, **cases.unknown}.items():
        checked = [
            replace(declaration, inputs=filled(declaration.inputs, DEFAULTS.get(declaration.type, {})))
            for declaration in case
        ]
        assert findings_of(rule, Program(checked).stack()) == findings_of(rule, Program(case).stack()), name


def filled(inputs: Any, defaults: dict[str, Any]) -> Any:
    """Return inputs with the defaults of what they leave out, as the plugin's Check does; lists have them by item."""
    if isinstance(inputs, list):
        return [filled(item, defaults) for item in inputs]
    if not isinstance(inputs, dict):
        return inputs
    plain = {key: default for key, default in defaults.items() if not isinstance(default, dict)}
    return {**plain, **{key: filled(value, inner_defaults(defaults, key)) for key, value in inputs.items()}}


def inner_defaults(defaults: dict[str, Any], key: str) -> dict[str, Any]:
    inner = defaults.get(key)
    return inner if isinstance(inner, dict) else {}


def test_the_program_as_it_was_recorded_passes_the_policies(platform: Declared) -> None:
    deployed = program(platform).copy()
    for name, recording in RECORDINGS.items():
        now = deployed[name].inputs
        deployed[name].inputs = completed(recording.told, now) | scripted(recording.type, now)

    assert broken(deployed, "sandbox") == set()
