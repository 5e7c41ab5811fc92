"""What is wrong with a secret is found, and told with the command that mends it, never with the value."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import date, timedelta

import pytest

from operations.secrets import making
from operations.secrets.problems import findings, weakness
from operations.secrets.stack_file import Contents

TODAY = date(2026, 11, 22)
GENERATED = ("postgres_password", "redis_password", "jwt_secret", "jwt_refresh_secret", "session_secret")
AUTHORITY = making.authority()
CLIENT = making.client(AUTHORITY)
GOOD = Contents(
    needed=(*GENERATED, "cloudflare_api_token", "origin_pull_authority", "origin_pull_client"),
    values={
        **{name: making.random_text() for name in GENERATED},
        "cloudflare_api_token": "v1.0-Kq3ZtLw8sYp1",
        "origin_pull_authority": AUTHORITY,
        "origin_pull_client": CLIENT,
    },
    in_the_clear=frozenset(),
    changed=dict.fromkeys((*GENERATED, "cloudflare_api_token"), TODAY),
    expires={"origin_pull_authority": making.last_day(AUTHORITY), "origin_pull_client": making.last_day(CLIENT)},
    max_age_days=180,
)


def test_good_secrets_are_not_complained_of() -> None:
    assert list(findings("production", GOOD, TODAY)) == []


WEAK = {
    "short": making.random_text()[:32],
    "one character": "a" * 64,
    "few characters": "abcdefg" * 10,
    "the same again and again": making.random_text()[:24] * 3,
    "a word again and again": "correcthorsebatterystaple" * 3,
    "counting": string.ascii_letters + string.digits + "-_",
    "a placeholder": making.random_text() + "-ChangeMe",
    "a space in it": making.random_text() + " x",
}


@pytest.mark.parametrize("case", WEAK)
def test_a_weak_secret_is_found(case: str) -> None:
    weak = replace(GOOD, values={**GOOD.values, "jwt_secret": WEAK[case]})

    (found,) = findings("production", weak, TODAY)

    assert (found.name, found.mend) == (
        "jwt_secret",
        "neurmatic secrets rotate --stack production jwt_secret",
    )
    assert WEAK[case] not in found.wrong


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sendgrid_api_key", "SG.xxxxxxxxxxxxxxxxxxxxxx.yyyyyyyyyyyyyyyyyyyy"),
        ("slack_webhook_url", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
        ("github_client_secret", "0101010101010101010101010101010101010101"),
        ("cloudflare_api_token", "the-token-of-an-example-zone"),
    ],
)
def test_what_a_documentation_shows_is_not_taken_for_a_third_partys_secret(name: str, value: str) -> None:
    assert weakness(name, value) is not None


CHANGES = {
    "missing": ({"values": {k: v for k, v in GOOD.values.items() if k != "jwt_secret"}}, "is missing", "init"),
    "in the clear": (
        {"values": {k: v for k, v in GOOD.values.items() if k != "jwt_secret"}, "in_the_clear": {"jwt_secret"}},
        "stands in the clear",
        "pulumi config rm --stack s neurmatic:jwt_secret",
    ),
    "equal": (
        {"values": {**GOOD.values, "jwt_secret": GOOD.values["redis_password"]}},
        "is equal to redis_password",
        "rotate --stack s jwt_secret",
    ),
    "too old": (
        {"changed": {**GOOD.changed, "jwt_secret": TODAY - timedelta(days=181)}},
        "is 181 days old, and secrets.max_age_days is 180",
        "rotate --stack s jwt_secret",
    ),
    "of no known day": (
        {"changed": {k: v for k, v in GOOD.changed.items() if k != "jwt_secret"}},
        "was set on a day that is not noted",
        "init",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_it_is_told_once_with_what_is_wrong_and_what_mends_it(case: str) -> None:
    change, wrong, mend = CHANGES[case]

    (found,) = findings("s", replace(GOOD, **change), TODAY)  # type: ignore[arg-type]

    assert found.name == "jwt_secret"
    assert wrong in found.wrong
    assert mend in found.mend


def test_a_secret_as_old_as_it_may_be_is_not_too_old() -> None:
    old = replace(GOOD, changed={**GOOD.changed, "jwt_secret": TODAY - timedelta(days=180)})

    assert list(findings("s", old, TODAY)) == []


@pytest.mark.parametrize(
    ("left", "wrong"), [(30, None), (29, "expires in 29 days"), (0, "expires in 0 days"), (-1, "has expired")]
)
def test_a_certificate_near_its_end_is_found(left: int, wrong: str | None) -> None:
    today = GOOD.expires["origin_pull_client"] - timedelta(days=left)
    young = replace(GOOD, changed=dict.fromkeys(GOOD.changed, today))

    found = {each.wrong: (each.name, each.mend) for each in findings("s", young, today)}

    rotation = ("origin_pull_client", "neurmatic secrets rotate --stack s origin_pull_client")
    assert found == ({wrong: rotation} if wrong else {})


@pytest.mark.parametrize("noted", [{}, {"origin_pull_client": TODAY}])
def test_a_certificate_whose_end_is_not_noted_as_it_is_is_found(noted: dict[str, date]) -> None:
    expires = {"origin_pull_authority": GOOD.expires["origin_pull_authority"], **noted}

    (found,) = findings("s", replace(GOOD, expires=expires), TODAY)

    assert found.wrong == f"ends on {GOOD.expires['origin_pull_client']}, which is not noted"
    assert found.mend == "neurmatic secrets init --stack s notes it"


@pytest.mark.parametrize("text", [CLIENT.partition("-----BEGIN CERT")[0], CLIENT.replace("MII", "!!!")])
def test_a_certificate_that_cannot_be_read_is_found_and_nothing_else_is_said_of_it(text: str) -> None:
    broken = replace(GOOD, values={**GOOD.values, "origin_pull_client": text})

    (found,) = findings("s", broken, TODAY)

    assert (found.name, found.wrong) == ("origin_pull_client", "holds no certificate that can be read")
    assert found.mend == "neurmatic secrets rotate --stack s origin_pull_client"


def test_a_client_of_another_authority_is_found() -> None:
    client = making.client(making.authority())
    expires = {**GOOD.expires, "origin_pull_client": making.last_day(client)}
    strange = replace(GOOD, values={**GOOD.values, "origin_pull_client": client}, expires=expires)

    assert [each.wrong for each in findings("s", strange, TODAY)] == ["is not signed by origin_pull_authority"]
