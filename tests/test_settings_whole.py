"""Any configuration is refused with a path and a mend, or can be deployed: nothing that is taken dies later."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as examples
from pulumi_policy import EnforcementLevel

import settings
from policies.configuration import configured
from policies.findings import judge
from policies.rules import RULES
from settings.stack import Settings
from standins.aws.resources import stand_in as aws
from standins.cloudflare.provider import provider as cloudflare
from tests.conftest import run_main
from tests.drawn import drawn
from tests.engine import Declared, declare, secret_values, stack_config
from tests.policies.program import program
from tests.policies.test_mutations import WAIVERS
from tests.some import some
from tests.standins.driver import Engine, command, docker

STACKS = ("sandbox", "staging", "production")
SECRETS = {f"neurmatic:{name}": value for name, value in secret_values().items()}
SCHEMA = Settings.model_json_schema()
PROVIDERS = {provider.name: provider for provider in (aws(), cloudflare(), command(), docker())}
Config = dict[str, Any]


@pytest.fixture(scope="module", params=STACKS)
def valid(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a committed stack's configuration, with every section and setting in it."""
    parsed, _ = settings.parse(stack_config(request.param, tmp_path_factory.mktemp("keys")), set(SECRETS), "sandbox")
    assert parsed is not None
    return parsed.model_dump(mode="json")


def texts(config: Config) -> dict[str, str]:
    """Return a configuration as Pulumi gives it."""
    keyed = {f"neurmatic:{name}": value for name, value in config.items()}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in keyed.items()} | SECRETS


def mended(config: Config, valid: Config) -> tuple[Config, settings.Settings, int]:
    """Take back what is refused, as the paths of the problems say, until the rest is taken; return how often.

    A rule between two settings names one of them: where that is not enough, what stands around it is taken back.
    """
    for attempt in range(5):
        parsed, problems = settings.parse(texts(config), set(SECRETS), "sandbox")
        if parsed is not None and not problems:
            return config, parsed, attempt
        for problem in some(problems):
            assert problem.wrong.strip()
            assert problem.mend.strip()
            project, _, path = problem.key.partition(":")
            assert project == settings.PROJECT
            config = _taken_back(config, valid, path.partition("[")[0].split(".")[: 3 - attempt])
    raise AssertionError(f"no path leads back to what is taken: {problems}")


def _taken_back(value: Any, valid: Any, names: list[str]) -> Any:
    if not names or not isinstance(value, dict) or not isinstance(valid, dict) or names[0] not in valid:
        return valid
    name, *rest = names
    return {**value, name: _taken_back(value.get(name), valid[name], rest)}


def broken(declared: Declared, plan: str) -> list[str]:
    """Return what makes an update fail by our own policies, in a stack whose pack knows the zone's plan."""
    findings = judge(configured(RULES, {"rate-limits-fit-plan": {"plan": plan}}), program(declared).stack())
    return [
        f"{finding.rule.id}: {finding}"
        for finding in findings
        if finding.rule.level == EnforcementLevel.MANDATORY
        and not WAIVERS.of(finding.rule.id, finding.resource.name, "sandbox")
    ]


def refused_by_providers(declared: Declared) -> list[str]:
    """Return what the checks of the plugins refuse."""
    refused = []
    for resource in some(declared.made):
        package = resource.type.partition(":")[0]
        if package != "pulumi":
            inputs = resource.inputs | ({"zoneId": "0" * 32} if "zoneId" in resource.inputs else {})
            failures = Engine(PROVIDERS[package], resource.type, resource.name).failures(inputs)
            refused += [f"{resource.name}: {name}: {reason}" for name, reason in failures.items()]
    return refused


def unusable(config: Config, taken: settings.Settings) -> list[str]:
    """Return what keeps a configuration that was taken from being deployed as it says."""
    declared = declare(run_main, texts(config))
    return [*broken(declared, taken.edge.plan), *refused_by_providers(declared), *ignored(declared, taken)]


def ignored(declared: Declared, taken: settings.Settings) -> list[str]:
    """Return what the program makes of a configuration in another way than it says."""
    backend, frontend = (
        declared[f"application-{name}"].inputs["taskSpec"]["containerSpec"] for name in ("backend", "frontend")
    )
    secret = {each["fileName"] for each in backend["secrets"]}
    found = [
        f"environment.{name} is overwritten"
        for name, value in taken.application.backend.environment.items()
        if backend["env"][name] != value or name in secret
    ]
    if taken.application.frontend.health_command is None:
        asked = urlsplit(frontend["healthcheck"]["tests"][-1])
        found += [] if (asked.port or 80) == taken.application.frontend.port else ["frontend.port"]
    return found


def proof(count: int, *, anew: bool) -> examples:
    """Return the settings of hypothesis for so many configurations of each stack, the same at every run or others."""
    return examples(
        max_examples=count,
        derandomize=not anew,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def test_every_drawn_configuration_is_refused_with_a_mend_or_can_be_deployed(valid: Config) -> None:
    _proven(valid, count=3, anew=False)


@pytest.mark.prove
def test_two_thousand_drawn_configurations_are_refused_with_a_mend_or_can_be_deployed(valid: Config) -> None:
    _proven(valid, count=667, anew=True)


def _proven(valid: Config, count: int, *, anew: bool) -> None:
    seen: Counter[str] = Counter()

    @proof(count, anew=anew)
    @given(config=drawn(SCHEMA, SCHEMA["$defs"], valid))
    def prove(config: Config) -> None:
        # Both images carry the release's tag.
        config, taken, refusals = mended({**config, "release": valid["release"]}, valid)
        note(json.dumps(config))
        seen.update(["refused" if refusals else "taken at once", "its own" if config != valid else "as committed"])
        assert unusable(config, taken) == []

    prove()
    assert seen["refused"]
    assert seen["its own"]


def test_what_cannot_be_deployed_is_found(valid: Config) -> None:
    declared = declare(run_main, texts(valid))
    unlimited = [each for each in declared.resources if each.name != "waf-rate-limits"]
    misspelt = [replace(each, inputs={**each.inputs, "memroy": 1}) for each in declared.of_type(":Container")]

    assert "api-rate-limited" in " ".join(broken(Declared(unlimited, {}), valid["edge"]["plan"]))
    assert len(refused_by_providers(Declared(misspelt, {}))) == len(misspelt)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tls.hsts_preload", False),
        ("tls.hsts_include_subdomains", False),
        ("application.backend.environment", {"PORT": "80"}),
        ("application.backend.environment", {"JWT_SECRET": "canary"}),
        ("application.backend.replicas", 1),
        ("application.frontend.health_command", ["true"]),
        ("backup_bucket.expire_after_days", 366),
        ("backup_bucket.multipart_days", 8),
        ("database.memory", "900000GB"),
        ("database.memory", "1MB"),
        ("dns.api_url", "http://192.0.2.9/"),
        ("edge.rate_limits", []),
        ("host.swarm_address", "203.0.113.7"),
        ("mail.dmarc_policy", "none"),
    ],
)
def test_what_nobody_can_use_is_refused(valid: Config, path: str, value: object) -> None:
    config: Config = json.loads(json.dumps(valid))
    *parents, last = path.split(".")
    section = config
    for name in parents:
        section = section[name]
    section[last] = value

    parsed, problems = settings.parse(texts(config), set(SECRETS), "sandbox")

    assert parsed is None
    assert any(path in problem.key for problem in some(problems))
