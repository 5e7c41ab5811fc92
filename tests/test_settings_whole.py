"""What the settings take, the program declares and our own policies let pass: nobody meets a value of no use."""

from __future__ import annotations

import json
import runpy
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pulumi_policy import EnforcementLevel

import settings
from policies.configuration import configured
from policies.judging import judge
from policies.rules import RULES
from tests.engine import ROOT, declare, secret_values, stack_config
from tests.policies.program import program
from tests.policies.test_mutations import WAIVERS
from tests.whole_settings import configurations

SECRETS = {f"{settings.PROJECT}:{name}": value for name, value in secret_values().items()}
IN_THEIR_OWN_FILES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return production's configuration with every setting that there is, secrets apart."""
    texts = stack_config("production", tmp_path_factory.mktemp("keys"))
    parsed, _ = settings.parse(texts, set(SECRETS), "production")
    assert parsed is not None
    return {f"{settings.PROJECT}:{name}": value for name, value in parsed.model_dump(mode="json").items()}


# What the long form found has a case of its own in tests/test_settings.py.
@examples(max_examples=12, deadline=None, suppress_health_check=IN_THEIR_OWN_FILES, derandomize=True)
@given(data=st.data())
def test_what_is_taken_is_declared_and_passes(valid: dict[str, Any], data: st.DataObject) -> None:
    judge_configuration(data.draw(configurations(valid)))


@pytest.mark.prove
@examples(max_examples=2000, deadline=None, suppress_health_check=IN_THEIR_OWN_FILES)
@given(data=st.data())
def test_of_2000_configurations_each_is_refused_or_passes(valid: dict[str, Any], data: st.DataObject) -> None:
    judge_configuration(data.draw(configurations(valid)))


def judge_configuration(config: dict[str, Any]) -> None:
    """Assert that the settings refuse a configuration, or that the program declares it and breaks no mandatory rule."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    parsed, problems = settings.parse({**texts, **SECRETS}, set(SECRETS), "production")
    event("refused" if problems else "declared")
    if parsed is None or problems:
        return

    declared = declare(main, {**texts, **SECRETS}, stack="production")

    rules = configured(RULES, {"rate-limits-fit-plan": {"plan": parsed.edge.plan}})
    broken = {
        f"{finding.rule.id}: {finding}"
        for finding in judge(rules, program(declared).stack())
        if finding.rule.level == EnforcementLevel.MANDATORY
        and not WAIVERS.of(finding.rule.id, finding.resource.name, "production")
    }
    assert broken == set()


def main() -> None:
    """Run the program."""
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
