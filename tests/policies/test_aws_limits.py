"""What a stack's configuration changes in the rules for buckets and identities, and what a finding says."""

from __future__ import annotations

from typing import Any

import pytest

from policies.findings import findings, judge
from policies.rules import RULES
from tests.policies.cases import CASES
from tests.policies.program import Program

BY_ID = {rule.id: rule for rule in RULES}


def said(rule: str, kind: str, case: str, **limits: Any) -> list[str]:
    stack = Program(getattr(CASES[rule], kind)[case]).stack()
    judged = [resource for resource in stack.resources if BY_ID[rule].judges(resource)]
    return [finding.text for each in judged for finding in findings(BY_ID[rule], each, stack, limits)]


@pytest.mark.parametrize(
    ("rule", "case", "limits"),
    [
        ("default-encryption-algorithm", "wrong case", {"algorithms": ["aes256"]}),
        ("objects-expire", "too late", {"longest": 366.0}),
        ("objects-expire", "too early", {"shortest": 29.0}),
        ("objects-move-to-colder-storage", "mixed list", {"days": 91.0}),
        ("objects-move-to-colder-storage", "mixed list", {"classes": ["STANDARD_IA"]}),
        ("incomplete-uploads-aborted", "mixed list", {"days": 8.0}),
        ("noncurrent-versions-expire", "too late", {"longest": 366.0}),
        ("noncurrent-versions-expire", "too early", {"shortest": 6.0}),
        ("bucket-object-lock", "wrong case", {"modes": ["compliance"]}),
        ("no-wildcard-permissions", "wrong case", {"actions": ["S3:*"]}),
        ("no-wildcard-permissions", "every resource", {"anywhere": ["s3:GetObject"]}),
        ("writers-cannot-erase", "a copy", {"actions": ["s3:DeleteObject"]}),
        ("no-administrator-policies", "of identities", {"policies": ["AdministratorAccess"]}),
    ],
)
def test_what_a_limit_lets_through_is_refused_without_it(rule: str, case: str, limits: dict[str, Any]) -> None:
    assert said(rule, "bad", case)
    assert said(rule, "bad", case, **limits) == []


@pytest.mark.parametrize(
    ("rule", "case", "limits"),
    [
        ("default-encryption-algorithm", "S3's own", {"algorithms": ["aws:kms"]}),
        ("objects-expire", "every object", {"longest": 364.0}),
        ("objects-expire", "no filter", {"shortest": 31.0}),
        ("objects-move-to-colder-storage", "every object", {"days": 89.0}),
        ("objects-move-to-colder-storage", "every object", {"classes": ["DEEP_ARCHIVE"]}),
        ("incomplete-uploads-aborted", "every upload", {"days": 6.0}),
        ("noncurrent-versions-expire", "every version", {"longest": 6.0}),
        ("noncurrent-versions-expire", "every version", {"shortest": 8.0}),
        ("bucket-object-lock", "years", {"modes": ["COMPLIANCE"]}),
        ("no-wildcard-permissions", "what has no resource", {"anywhere": []}),
        ("no-administrator-policies", "another of Amazon's", {"policies": ["readonlyaccess"]}),
    ],
)
def test_what_is_good_by_default_a_limit_may_refuse(rule: str, case: str, limits: dict[str, Any]) -> None:
    assert said(rule, "good", case) == []
    assert said(rule, "good", case, **limits)


def test_a_finding_says_where_it_is_and_how_much_is_allowed() -> None:
    assert said("objects-expire", "bad", "mixed list", shortest=30.0) == ["rules[1].expiration.days: is below 30"]
    assert said("no-wildcard-permissions", "bad", "in a role") == [
        "inlinePolicies[1].policy: Statement[0].Action: allows every action of a service"
    ]
    assert said("no-wildcard-permissions", "bad", "all resources but") == [
        "policy: Statement[0].NotResource: allows everything else"
    ]
    assert said("bucket-policy-not-public", "bad", "everyone but") == [
        "policy: Statement[0].NotPrincipal: allows everyone else"
    ]
    assert said("ssh-host-key-known", "bad", "a proxy's missing") == [
        "connection.proxy.hostKey: is missing or empty, so that any host is taken for the right one"
    ]


def test_what_one_policy_says_is_not_said_of_all_who_have_it() -> None:
    stack = [*CASES["writers-cannot-erase"].bad["DeleteObject"], *CASES["writers-cannot-erase"].good["two identities"]]

    assert len(judge([BY_ID["writers-cannot-erase"]], Program(stack).stack())) == 1
