"""The judge of policies against what AWS's reference of their elements says, and against its example buckets."""

from __future__ import annotations

from typing import Any

import pytest

from standins.services.policies import Request, allows, denies

WHO = "arn:aws:iam::123456789012:user/writer"
KEY = "s3:x-amz-server-side-encryption"


def ask(action: str = "s3:PutObject", place: str = "arn:aws:s3:::b/database/k", **context: str) -> Request:
    return Request(action, place, WHO, {key.lower(): value for key, value in context.items()})


def statement(effect: str = "Allow", **parts: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/database/*", **parts}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_what_nothing_allows_is_denied() -> None:
    assert not allows([], [], ask())


def test_a_denial_beats_every_allowance_wherever_either_stands() -> None:
    allowed, denied = policy(statement()), policy(statement("Deny"))

    assert allows([allowed], [], ask())
    assert allows([], [{**allowed, "Statement": statement(Principal="*")}], ask())
    assert not allows([allowed, denied], [], ask())
    assert not allows([allowed], [denied], ask())
    assert denies([allowed, denied], ask())
    assert not denies([allowed], ask())


@pytest.mark.parametrize(
    ("parts", "concerned"),
    [
        ({"Action": "s3:*"}, True),
        ({"Action": "S3:putobject"}, True),  # actions have no case
        ({"Action": ["s3:GetObject", "s3:Put*"]}, True),
        ({"Action": "s3:PutObject?"}, False),
        ({"Action": "s3:PutObjec?"}, True),
        ({"Action": "s3:Put"}, False),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:s3:::b/Database/*"}, False),  # resources have
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}, True),
        ({"Resource": "arn:aws:s3:::.*"}, False),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::123456789012:user/other", WHO]}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:user/other"}}, False),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
    ],
)
def test_a_statement_concerns_what_its_elements_match(parts: dict[str, Any], concerned: bool) -> None:
    assert allows([policy(statement(**parts))], [], ask()) == concerned


@pytest.mark.parametrize("element", ["Action", "Resource", "Principal"])
def test_a_not_turns_an_element_round(element: str) -> None:
    other = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/wal/*", "Principal": {"AWS": "arn:x"}}[element]
    parts = {key: value for key, value in statement().items() if key != element}

    assert allows([policy({**parts, f"Not{element}": other})], [], ask())
    assert not allows([policy({**parts, f"Not{element}": "*"})], [], ask())


# The reference's tables of condition operators: what each says of a value that fits, of another, and of none.
@pytest.mark.parametrize(
    ("operator", "wanted", "fits", "other", "without"),
    [
        ("StringEquals", "AES256", "AES256", "aws:kms", False),
        ("StringEqualsIfExists", "AES256", "AES256", "aws:kms", True),
        ("StringNotEquals", "aws:kms", "AES256", "aws:kms", True),
        ("StringNotEqualsIfExists", "aws:kms", "AES256", "aws:kms", True),
        ("StringEquals", ["AES256", "none"], "none", "aws:kms", False),
        ("StringNotEquals", ["aws:kms", "none"], "AES256", "none", True),
        ("StringLike", "aws:*", "aws:kms", "AES256", False),
        ("StringNotLike", "aws:*", "AES256", "aws:kms", True),
        ("Bool", "false", "false", "true", False),
        ("BoolIfExists", "false", "False", "true", True),
        ("NumericLessThan", "1.2", "1.1", "1.2", False),
        ("Null", "true", None, "AES256", True),
        ("Null", "false", "AES256", None, False),
    ],
)
def test_a_condition_holds_as_the_reference_says(
    operator: str, wanted: Any, fits: str | None, other: str | None, without: bool
) -> None:
    judged = policy(statement(Condition={operator: {KEY: wanted}}))

    def holds(value: str | None) -> bool:
        return allows([judged], [], ask(**({KEY: value} if value else {})))

    assert (holds(fits), holds(other), holds(None)) == (True, False, without)


def test_all_operators_and_all_keys_of_a_condition_must_hold() -> None:
    judged = policy(statement(Condition={"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}))

    assert allows([judged], [], ask(a="1", b="2", c="true"))
    for missing in ({"a": "1", "b": "2"}, {"a": "1", "c": "true"}, {"a": "1", "b": "3", "c": "true"}):
        assert not allows([judged], [], ask(**missing))


def test_names_of_condition_keys_have_no_case() -> None:
    judged = policy(statement(Condition={"Bool": {"aws:SecureTransport": "true"}}))

    assert allows([judged], [], ask(**{"AWS:SECURETRANSPORT": "true"}))


def test_an_operator_that_the_judge_does_not_know_is_never_passed_over() -> None:
    with pytest.raises(KeyError, match="IpAddress"):
        allows([policy(statement(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))], [], ask())
