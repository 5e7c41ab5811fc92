"""`neurmatic images` as a person types it, against registries on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations import clock
from operations.cli import main
from tests.operations.images.registries import LOGIN, Registry, on_loopback
from tests.operations.opened import opened
from tests.some import some

PARTS = {
    "database": "public/postgres:18",
    "cache": "public/redis:8",
    "load_balancer": "public/nginx:1.30",
    "backend": "behind-token/backend:v1.0.0",
    "frontend": "behind-token/frontend:v1.0.0",
}
FILE = """\
# Read it beside the other.
config:
  neurmatic:release: v1.0.0 # what serves
  neurmatic:database:
    image: {database}
  neurmatic:cache:
    image: {cache} # a cache, no database
  neurmatic:load_balancer: {{image: {load_balancer}}}
  neurmatic:application:
    backend:
      image: {backend}
    frontend:
      image: {frontend}
  neurmatic:registry:
    server: {server}
    user: {user}
"""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Return a registry that has every image, asked on a day of 2026."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 11, tzinfo=UTC))
    with on_loopback() as registry:
        yield registry


@pytest.fixture
def file(here: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a stack's file that names each image by its digest, and whose token opens the registry."""
    pinned = {}
    for part, image in PARTS.items():
        repository, _, tag = image.partition(":")
        pinned[part] = f"{here.address}/{image}@{here.push(repository, tag, f'2026-03-01T00:00:00Z#{part}')}"
    path = tmp_path / "Pulumi.production.yaml"
    path.write_text(FILE.format(**pinned, server=here.address, user=LOGIN.user))
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(path))
    opened(monkeypatch, "registry_token", LOGIN.token)
    return path


def images(*arguments: str) -> int:
    return main(["images", "--stack", "production", *arguments])


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str | None]]:
    assert images("--json") in (0, 1)
    return {row["part"]: row for row in json.loads(capsys.readouterr().out)}


def test_what_runs_is_told_with_what_the_registry_has_instead(
    here: Registry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = here.push("public/postgres", "18", "2026-03-09T00:00:00Z")
    before = file.read_text()

    assert images() == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["part", *PARTS, "next:"]
    assert lines[1].endswith(f"10 days  a newer one: {newer[7:19]}, 2 days")
    assert all(line.endswith("10 days  the same") for line in some(lines[2:6]))
    assert lines[-1] == "next: neurmatic images --stack production --update database"
    assert file.read_text() == before


def test_what_is_told_to_machines_names_the_setting_and_both_digests(
    here: Registry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = here.push("public/redis", "8", None)

    row = told(capsys)["cache"]

    assert row["setting"] == "neurmatic:cache.image"
    assert str(row["digest"]) in file.read_text()
    assert (row["state"], row["newest_digest"], row["newest_made"], row["problem"]) == ("newer", newer, None, None)


def test_an_update_writes_the_newest_digest_of_what_was_named_and_nothing_else(
    here: Registry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, old = file.read_text(), told(capsys)["database"]["digest"]
    newer = here.push("public/postgres", "18", None)
    here.push("public/redis", "8", None)

    assert images("--update", "database", "--update", "load_balancer") == 0

    assert file.read_text() == before.replace(str(old), newer)
    assert capsys.readouterr().out.splitlines()[-1] == "next: pulumi up --stack production"


def test_a_release_writes_its_tag_and_both_images_together(
    here: Registry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = told(capsys)
    days = {"backend": "2026-03-09T00:00:00Z", "frontend": "2026-03-10T00:00:00Z"}
    new = {part: here.push(f"behind-token/{part}", "v1.1.0", day) for part, day in days.items()}
    expected = file.read_text().replace("v1.0.0", "v1.1.0")
    for part, digest in new.items():
        expected = expected.replace(str(old[part]["digest"]), digest)

    assert images("--release", "v1.1.0") == 0

    assert file.read_text() == expected


def test_a_release_that_is_not_there_whole_changes_nothing(
    here: Registry, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here.push("behind-token/backend", "v1.1.0", None)
    before = file.read_text()

    assert images("--release", "v1.1.0") == 1

    assert "has no" in capsys.readouterr().err
    assert file.read_text() == before


@pytest.mark.parametrize("tag", ["latest", "", "v 1", "@sha256"])
def test_what_can_be_no_release_is_refused(file: Path, tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_text()

    assert images("--release", tag) == 1

    assert "is no release" in capsys.readouterr().err
    assert file.read_text() == before


def test_an_image_that_cannot_be_asked_for_is_unknown_with_its_reason_and_the_others_are_told(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_text()
    opened(monkeypatch, "registry_token", "canary-of-a-token-that-ended")

    assert images() == 1

    out = capsys.readouterr().out
    assert out.count("the same") == 3
    assert out.count("unknown: ") == 2
    assert "mend backend: neurmatic secrets rotate --stack production registry_token" in out
    assert "canary" not in out
    assert file.read_text() == before


def test_a_login_whose_token_is_not_set_is_told_with_the_command_that_sets_it(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_text()
    opened(monkeypatch, "jwt_secret", "canary-of-another-secret")

    assert images("--update", "backend") == 1

    assert capsys.readouterr().err.splitlines() == [
        "neurmatic:registry_token is not set",
        "  mend: neurmatic secrets init --stack production",
    ]
    assert file.read_text() == before


@pytest.mark.usefixtures("file")
def test_an_image_that_its_registry_has_forgotten_is_of_unknown_age_and_the_newer_one_is_told(
    here: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    old = told(capsys)["database"]["digest"]
    newer = here.push("public/postgres", "18", "2026-03-09T00:00:00Z")
    del here.held[f"public/postgres/manifests/{old}"]

    row = told(capsys)["database"]

    assert (row["digest"], row["made"], row["problem"]) == (old, None, None)
    assert (row["state"], row["newest_digest"], row["newest_made"]) == ("newer", newer, "2026-03-09")


def test_without_the_passphrase_what_is_public_is_told_all_the_same(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(file.read_text().replace(f"user: {LOGIN.user}", "user: other"))
    opened(monkeypatch, "registry_token", None)
    text = file.read_text()
    file.write_text(text[: text.index("  neurmatic:registry")])

    states = {part: row["state"] for part, row in told(capsys).items()}

    assert states == dict.fromkeys(("database", "cache", "load_balancer"), "newest") | dict.fromkeys(
        ("backend", "frontend"), "unknown"
    )


def test_an_image_without_a_digest_gets_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = file.read_text()
    digest = str(told(capsys)["database"]["digest"])
    file.write_text(whole.replace(f"@{digest}", ""))

    assert images() == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("--update database")
    assert images("--update", "database") == 0

    assert file.read_text() == whole


@pytest.mark.parametrize("image", ["postgres", "'postgres:'", "[18]"])
def test_what_is_no_image_is_named_by_its_setting(file: Path, image: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines[:4], f"    image: {image}\n", *lines[5:]]))

    assert images("--update", "database") == 1

    assert capsys.readouterr().err.startswith("neurmatic:database.image is no image with its tag\n")
