"""What a stack's configuration changes in the rules for containers, and where a finding says it is."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from policies.findings import concerns, findings
from policies.rule import ResourceRule, StackRule
from policies.rules import RULES, docker_daemon
from tests.policies.cases.cases import of
from tests.policies.cases.containers import DIGEST, SERVICE, capable, plain, published, replicated, service, task

BY_ID = {rule.id: rule for rule in RULES}


def said(rule: str, case: Any, **limits: Any) -> list[str]:
    return [finding.text for finding in findings(BY_ID[rule], case[0].judged(), limits=limits)]


@pytest.mark.parametrize(
    ("image", "good"),
    [
        ("nginx:1.30", True),
        ("registry.example:5000/nginx:1.30", True),
        (f"nginx@{DIGEST}", True),
        ("nginx", False),
        ("registry.example:5000/nginx", False),
        ("nginx:latest", False),
        ("nginx:LATEST", False),
        ("nginx@sha256:0", False),
        (None, False),
    ],
)
def test_without_digests_a_tag_other_than_latest_is_enough(image: str | None, good: bool) -> None:
    assert (said("images-pinned", plain(image=image), digest=False) == []) is good


def test_capabilities_that_may_be_added_are_those_of_the_limit() -> None:
    case = capable("ALL", adds=["CAP_SYS_NICE", "CHOWN"])

    assert said("container-capabilities-few", case, allowed=["cap_sys_nice"]) == [
        "capabilities.adds[1]: adds a capability that is not allowed"
    ]


def test_services_and_replicas_are_those_of_the_limits() -> None:
    rule = "service-replicas-enough"

    assert said(rule, replicated(2, "backend"), services=["API"]) == []
    assert said(rule, replicated(2, "api"), services=["API"], replicas=3.0) == [
        "mode.replicated.replicas: is less than 3"
    ]
    assert said(rule, replicated(0, "backend"), replicas=1)


def test_ports_behind_which_nothing_is_written_are_those_of_the_limit() -> None:
    assert said("published-container-read-only", published((None, 443)), ports=[8443.0]) == []
    assert said("published-container-read-only", published((None, 8443)), ports=[8443.0])


@pytest.mark.parametrize(
    "case",
    [*(service(env=env) for env in (["TOKEN=x"], "TOKEN=x", 5)), [of(SERVICE, taskSpec="{}")], task(containerSpec=[])],
)
def test_what_is_no_object_is_told_and_not_passed_over(case: Any) -> None:
    assert said("environments-without-secrets", case) == ["has a form that this rule cannot read (TypeError)"]


def test_a_finding_says_where_in_a_service_it_is() -> None:
    assert said("root-user-not-asked-for", service(user="0")) == ["taskSpec.containerSpec.user: is root"]
    assert said("root-user-not-asked-for", plain(user="0")) == ["user: is root"]


@pytest.mark.parametrize("rule", docker_daemon.RULES, ids=lambda rule: rule.id)
def test_a_script_of_which_nothing_is_known_yet_is_judged_only_when_it_is(rule: ResourceRule | StackRule) -> None:
    assert not concerns(rule, of("command:remote:Command", create=UNKNOWN).judged())
