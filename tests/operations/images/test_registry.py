"""What a registry is asked, and how what it says is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from operations.errors import OperationError
from operations.images import registry
from operations.images.registry import Login, look_up
from settings import ImageName
from tests.operations.images.registries import LOGIN, Registry, on_loopback


@pytest.fixture
def here() -> Iterator[Registry]:
    with on_loopback() as lent:
        yield lent


def named(here: Registry, repository: str, tag: str = "v1") -> ImageName:
    return ImageName(f"{here.address}/{repository}", tag, None)


@pytest.mark.parametrize("platforms", [0, 2])
@pytest.mark.parametrize("repository", ["public/app", "behind-basic/app", "behind-token/app"])
def test_a_tag_becomes_its_digest_and_the_day_it_was_made(here: Registry, repository: str, platforms: int) -> None:
    digest = here.push(repository, "v1", "2026-03-04T05:06:07.123456789Z", platforms=platforms)

    assert look_up(named(here, repository), LOGIN, "production") == (digest, date(2026, 3, 4))


def test_a_digest_that_no_tag_names_any_more_is_asked_for_by_itself(here: Registry) -> None:
    old = here.push("public/app", "v1", "2026-01-01T00:00:00Z")
    here.push("public/app", "v1", "2026-02-02T00:00:00Z")

    assert look_up(named(here, "public/app")._replace(digest=old), None, "production").created == date(2026, 1, 1)


@pytest.mark.parametrize("made", [None, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_an_image_that_does_not_say_when_it_was_made_has_no_day(here: Registry, made: str | None) -> None:
    here.push("public/app", "v1", made)

    assert look_up(named(here, "public/app"), None, "production").created is None


def test_a_login_is_not_sent_unasked_nor_to_where_a_redirect_leads(here: Registry) -> None:
    here.push("public/app", "v1", None)
    here.push("behind-token/app", "v1", None)

    look_up(named(here, "public/app"), LOGIN, "production")
    look_up(named(here, "behind-token/app"), LOGIN, "production")

    elsewhere = [sent for path, sent in here.asked if "/elsewhere/" in path or "/public/" in path]
    assert elsewhere
    assert set(elsewhere) == {None}


@pytest.mark.parametrize("repository", ["behind-basic/app", "behind-token/app"])
@pytest.mark.parametrize(
    ("login", "problem", "mend"),
    [
        (None, "asks for a login", "registry.server"),
        (Login("robot", "canary-of-another-token"), "refuses the registry_token of robot", "rotate --stack production"),
    ],
)
def test_who_is_not_let_in_is_told_so_without_the_token(
    here: Registry, repository: str, login: Login | None, problem: str, mend: str
) -> None:
    here.push(repository, "v1", None)

    with pytest.raises(OperationError) as raised:
        look_up(named(here, repository), login, "production")

    assert problem in raised.value.problem
    assert mend in raised.value.mend
    assert "canary" not in str(raised.value)


def test_what_a_registry_has_not_got_is_named(here: Registry) -> None:
    with pytest.raises(OperationError, match=r"has no .*/public/app with v9"):
        look_up(named(here, "public/app", "v9"), None, "production")


def test_a_registry_that_fails_is_told_with_what_it_says(here: Registry) -> None:
    with pytest.raises(OperationError, match=r"127\.0\.0\.1:\d+ does not tell: HTTP Error 503") as raised:
        look_up(named(here, "overloaded/app"), None, "production")

    assert raised.value.mend == "run the same command again once it does"


def test_a_token_is_not_asked_for_in_the_clear_on_another_machine(here: Registry) -> None:
    here.realm = "http://192.0.2.1/token"

    with pytest.raises(OperationError, match="in another form"):
        look_up(named(here, "behind-token/app"), LOGIN, "production")


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"<html>", json.dumps({"manifests": []}).encode()])
def test_an_answer_in_another_form_is_told_as_one(here: Registry, answer: bytes) -> None:
    here.held["public/app/manifests/v1"] = answer

    with pytest.raises(OperationError, match="in another form"):
        look_up(named(here, "public/app"), None, "production")


def test_a_registry_that_does_not_answer_is_named_with_the_reason() -> None:
    with pytest.raises(OperationError, match=r"127\.0\.0\.1:1 does not answer: .*refused"):
        look_up(ImageName("127.0.0.1:1/app", "v1", None), None, "production")


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("postgres", "https://registry-1.docker.io/v2/library/postgres/manifests/18"),
        ("acme/app", "https://registry-1.docker.io/v2/acme/app/manifests/18"),
        ("ghcr.io/acme/app", "https://ghcr.io/v2/acme/app/manifests/18"),
        ("192.0.2.1:5000/app", "https://192.0.2.1:5000/v2/app/manifests/18"),
        ("localhost:5000/app", "http://localhost:5000/v2/app/manifests/18"),
        ("127.0.0.1:5000/app", "http://127.0.0.1:5000/v2/app/manifests/18"),
    ],
)
def test_a_registry_is_asked_where_docker_asks_it_and_in_the_clear_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, repository: str, url: str
) -> None:
    asked = []

    def read(address: str, *_: object, **__: str) -> bytes:
        asked.append(address)
        raise TimeoutError("no answer")

    monkeypatch.setattr(registry, "_read", read)
    with pytest.raises(OperationError, match="does not answer: no answer"):
        look_up(ImageName(repository, "18", None), None, "production")

    assert asked == [url]
