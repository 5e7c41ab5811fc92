"""`neurmatic expiring` as a person or a timer runs it, with a real TLS server for the host."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from werkzeug import Request, Response

from operations import clock
from operations.cli import main
from operations.expiring import asked, noted
from operations.expiring.ending import line
from operations.secrets.asking import from_lines
from policies import waivers
from standins.services.cloudflare import on_loopback
from standins.services.serving import serving
from tests.operations.opened import opened
from tests.some import some

TODAY = date(2027, 2, 1)
TOKEN = "cloudflare-canary-Kq3ZtLw8sYp1"
ENCRYPTED = {"secure": "v1:of-the-engine"}
CONFIG: dict[str, Any] = {
    "neurmatic:domain": "neurmatic.com",
    "neurmatic:host": {"address": "vps.example", "ipv4": "127.0.0.1"},
    "neurmatic:dns": {"account_id": "0" * 32},
    "neurmatic:jwt_secret": ENCRYPTED,
    "neurmatic:session_secret": ENCRYPTED,
    "neurmatic:cloudflare_api_token": ENCRYPTED,
    "neurmatic:origin_pull_authority": ENCRYPTED,
    "neurmatic:origin_pull_client": ENCRYPTED,
    "neurmatic:secrets": {
        "changed": {"jwt_secret": "2026-09-01", "session_secret": date(2027, 1, 31), "origin_pull_client": TODAY},
        "expires": {"origin_pull_client": date(2027, 1, 30), "origin_pull_authority": "2036-11-28"},
    },
}
RULE = "bucket-replication"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a stack's file, of which nobody has the passphrase, beside a file of waivers, on a day of 2027."""
    (file := tmp_path / "Pulumi.production.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    common = {"rule": RULE, "reason": "a try", "owner": "ops@example.com"}
    kept = [
        {**common, "resource": "ended", "expires": TODAY - timedelta(days=90)},
        {**common, "resource": "elsewhere", "stack": "staging", "expires": TODAY},
        {**common, "resource": "later", "expires": TODAY + timedelta(days=61)},
    ]
    (tmp_path / waivers.FILE).write_text(yaml.safe_dump(kept))
    monkeypatch.setattr(noted, "ROOT", tmp_path)
    monkeypatch.setattr(clock, "now", lambda: datetime.combine(TODAY, datetime.min.time(), UTC))
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(file))
    opened(monkeypatch, "cloudflare_api_token", None)
    return file


def asked_for(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main(["expiring", "--stack", "production", "--json", *arguments])
    return code, {ending["what"]: ending for ending in json.loads(capsys.readouterr().out)}


def test_all_that_ends_is_told_with_its_day_and_what_to_type(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, endings = asked_for(capsys)

    assert code == 1
    days = {what: ending["last_day"] for what, ending in endings.items()}
    assert list(days.items())[:6] == [
        (f"waiver {RULE} for ended", "2026-11-03"),
        ("origin_pull_client", "2027-01-30"),
        ("jwt_secret", "2027-02-28"),
        (f"waiver {RULE} for later", "2027-04-03"),
        ("session_secret", "2027-07-30"),
        ("origin_pull_authority", "2036-11-28"),
    ]
    assert {what for what, ending in endings.items() if ending["due"]} == {*list(days)[:3]}
    assert endings["origin_pull_client"]["days_left"] == -2
    rotate = "neurmatic secrets rotate --stack production"
    assert endings["jwt_secret"]["renew"] == f"{rotate} jwt_secret"
    assert endings["origin_pull_client"]["renew"] == f"{rotate} origin_pull_client"
    assert all(ending["renew"] for ending in some(endings.values()))
    assert stack.exists()


def test_what_nobody_knows_is_told_with_the_reason_and_not_left_out(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, endings = asked_for(capsys)

    reasons = {what: ending["because"] for what, ending in endings.items() if ending["last_day"] == "unknown"}
    assert set(reasons) == {"cloudflare_api_token", "Cloudflare's API token", "certificate of neurmatic.com"}
    assert reasons["cloudflare_api_token"] == "its day is not noted"
    assert "incorrect passphrase" in reasons["Cloudflare's API token"]
    assert reasons["certificate of neurmatic.com"].startswith("127.0.0.1:443 shows none: ")
    assert stack.exists()


@pytest.mark.parametrize(("within", "code"), [("26d", 0), ("27d", 1)])
def test_the_exit_code_says_whether_something_is_due_within_the_window(
    stack: Path, capsys: pytest.CaptureFixture[str], within: str, code: int
) -> None:
    fresh = CONFIG["neurmatic:secrets"] | {"expires": {}}
    stack.write_text(yaml.safe_dump({"config": {**CONFIG, "neurmatic:secrets": fresh}}))
    (stack.parent / waivers.FILE).unlink()

    assert asked_for(capsys, "--within", within)[0] == code


@pytest.mark.parametrize(
    "arguments", [["--within", "60"], ["--within", "soon"], ["--within", "-1d"], ["--until", "1d"]]
)
def test_arguments_that_cannot_be_meant_end_with_2(arguments: list[str]) -> None:
    assert main(["expiring", "--stack", "production", *arguments]) == 2


def test_a_stack_that_there_is_not_ends_with_2_and_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expiring", "--stack", "productoin"]) == 2
    assert "did you mean production?" in capsys.readouterr().err


def test_the_table_is_sorted_marks_what_is_due_and_counts(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["expiring", "--stack", "production"])
    head, *rows, count = capsys.readouterr().out.splitlines()

    assert head.split() == ["ends", "days", "left", "what", "renew"]
    assert [row[:13] for row in rows[:4]] == ["!! 2026-11-03", "!! 2027-01-30", "!! 2027-02-28", "   2027-04-03"]
    assert "-2  origin_pull_client" in rows[1]
    assert count == "3 of 9 end by 2027-04-02, of 3 nobody knows"
    assert stack.exists()


@pytest.mark.parametrize(
    "text", ["config: {}", "", "config: {neurmatic:jwt_secret: {secure: x}, neurmatic:secrets: {changed: 5}}"]
)
def test_a_file_that_notes_nothing_is_unknown_and_no_error(
    stack: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    stack.write_text(text)

    _, endings = asked_for(capsys)

    assert endings["secrets"]["last_day"] == "unknown"


def test_a_file_of_waivers_that_cannot_be_read_is_unknown(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack.parent / waivers.FILE).write_text("- rule: [")

    _, endings = asked_for(capsys)

    assert "is no YAML" in endings["waiver"]["because"]


@contextmanager
def host(end: datetime, *, wants_a_client: bool = False) -> Iterator[int]:
    """Serve TLS once on loopback with a certificate that ends so; lend its port."""
    ours = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("neurmatic.com", not_before=datetime(2000, 1, 1), not_after=end).configure_cert(context)
    if wants_a_client:
        context.verify_mode = ssl.CERT_REQUIRED
        ours.configure_trust(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            try:
                with connection, context.wrap_socket(connection, server_side=True) as session:
                    session.recv(1)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("wants_a_client", [False, True])
@pytest.mark.parametrize("end", [datetime(2020, 1, 2, 3, 4, 5), datetime(2999, 1, 2, 3, 4, 5)])
def test_the_hosts_certificate_is_asked_for_whoever_issued_it_and_even_if_it_has_ended(
    end: datetime, wants_a_client: bool
) -> None:
    with host(end, wants_a_client=wants_a_client) as port:
        assert asked.served_until("127.0.0.1", port, "neurmatic.com") == end.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "last_day", "because"),
    [
        ({"status": "active", "expires_on": "2027-03-04T23:59:59Z"}, "2027-03-04", ""),
        ({"status": "active"}, "never", "it was made without an end"),
        (
            {"status": "expired", "expires_on": "2027-01-04T23:59:59Z"},
            "2027-01-04",
            "Cloudflare says that it is expired",
        ),
        ({"status": "disabled"}, str(TODAY), "Cloudflare says that it is disabled"),
    ],
)
def test_cloudflare_is_asked_for_the_end_of_its_token(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    last_day: str,
    because: str,
) -> None:
    opened(monkeypatch, "cloudflare_api_token", TOKEN)
    monkeypatch.setattr(asked, "verify_token", lambda *_: answer)

    _, endings = asked_for(capsys)
    token = endings["Cloudflare's API token"]

    assert (token["last_day"], token["because"]) == (last_day, because)
    assert token["due"] == (last_day <= str(TODAY + timedelta(days=60)))
    assert stack.exists()


def test_a_users_token_and_an_accounts_are_verified_where_cloudflare_verifies_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with on_loopback(TOKEN) as api:
        assert asked.verify_token(api, "0" * 32, TOKEN)["status"] == "active"
    with on_loopback("another") as api, pytest.raises(urllib.error.HTTPError, match=r"40[013]"):
        asked.verify_token(api, "0" * 32, TOKEN)

    def get(url: str, _: str) -> dict[str, Any]:
        if "/user/" in url:
            raise urllib.error.HTTPError(url, 401, "Unauthorized", Message(), None)
        return {"at": url}

    monkeypatch.setattr(asked, "_get", get)
    assert asked.verify_token("https://api", "abc", TOKEN) == {"at": "https://api/accounts/abc/tokens/verify"}


def test_no_token_is_ever_shown(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, "cloudflare_api_token", TOKEN)
    with on_loopback("another") as api:
        dns = {"account_id": "0" * 32, "api_url": api}
        stack.write_text(yaml.safe_dump({"config": {**CONFIG, "neurmatic:dns": dns}}))
        code, endings = asked_for(capsys)

    token = endings["Cloudflare's API token"]
    assert "HTTP Error 40" in token["because"]
    assert (code, token["due"]) == (1, True), "a token that is refused is of no use any more"
    assert TOKEN not in json.dumps(endings)


def test_a_token_that_ends_in_a_line_is_not_sent_nor_shown(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, "cloudflare_api_token", f"{TOKEN}\r")
    monkeypatch.setattr(asked, "verify_token", lambda *_: pytest.fail("it was sent"))

    endings = asked_for(capsys)[1]

    assert stack.exists()
    assert endings["Cloudflare's API token"]["due"]
    assert TOKEN not in json.dumps(endings)


def test_a_token_that_is_not_set_is_unknown_with_the_command_that_sets_it(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(monkeypatch, "jwt_secret", TOKEN)
    monkeypatch.setattr(asked, "verify_token", lambda *_: pytest.fail("nothing is there to be sent"))

    token = asked_for(capsys)[1]["Cloudflare's API token"]

    assert stack.exists()
    assert (token["last_day"], token["because"]) == ("unknown", "none is set")
    assert token["renew"] == "neurmatic secrets init --stack production"


@contextmanager
def cloudflare(*answers: tuple[int, str]) -> Iterator[tuple[str, list[str]]]:
    """Answer with these, one after the other, and the last one again; yield the URL and the paths asked for so far."""
    asked_paths: list[str] = []

    @Request.application
    def application(request: Request) -> Response:
        status, body = answers[min(len(asked_paths), len(answers) - 1)]
        asked_paths.append(request.path)
        return Response(body, status, {"Location": "/elsewhere"}, mimetype="application/json")

    with serving(application) as url:
        yield url, asked_paths


@pytest.mark.parametrize(
    ("answers", "is_due"),
    [
        *(([(status, "{}")], True) for status in (400, 401, 403)),
        ([(401, "{}"), (404, "{}")], True),
        ([(401, "{}"), (200, '{"result": {"status": "active"}}')], False),
        ([(401, "{}"), (503, "{}")], False),
        ([(401, "{}"), (429, "{}")], False),
        ([(503, "{}"), (401, "{}")], False),
        ([(302, "{}")], False),
        *(
            ([(200, body)], False)
            for body in ("no JSON", "[]", "{}", '{"result": {"status": "active", "expires_on": "soon"}}')
        ),
    ],
)
def test_a_token_is_due_where_cloudflare_refuses_it_and_not_where_it_cannot_tell(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answers: list[tuple[int, str]],
    is_due: bool,
) -> None:
    opened(monkeypatch, "cloudflare_api_token", TOKEN)
    with cloudflare(*answers) as (url, asked_paths):
        dns = {"account_id": "0" * 32, "api_url": url}
        stack.write_text(yaml.safe_dump({"config": {"neurmatic:dns": dns}}))
        (stack.parent / waivers.FILE).unlink()
        code, endings = asked_for(capsys)

    assert (code, endings["Cloudflare's API token"]["due"]) == (int(is_due), is_due)
    assert asked_paths
    assert "/elsewhere" not in asked_paths, "a redirect would lead the token away"


@pytest.mark.parametrize(
    "wrong",
    [
        {"neurmatic:dns": "a text"},
        {"neurmatic:host": "a text"},
        {"neurmatic:host": {"ipv4": "no..address"}},
        {"neurmatic:dns": {"api_url": "http://127.0.0.1:a port"}},
    ],
)
def test_a_setting_that_cannot_be_meant_makes_an_end_unknown(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    opened(monkeypatch, "cloudflare_api_token", TOKEN)
    monkeypatch.setattr(asked, "_API", "http://127.0.0.1:9")
    stack.write_text(yaml.safe_dump({"config": {**CONFIG, **wrong}}))

    endings = asked_for(capsys)[1]

    assert endings["Cloudflare's API token"]["last_day"] == "unknown"
    assert endings["certificate of neurmatic.com"]["last_day"] == "unknown"


def test_a_line_end_of_windows_is_no_part_of_a_token() -> None:
    given = from_lines([f"cloudflare_api_token={TOKEN}\r\n"], lambda *_: None)

    assert given("cloudflare_api_token") == TOKEN


@pytest.mark.parametrize("name", [waivers.FILE, "Pulumi.production.yaml"])
def test_a_file_that_cannot_be_opened_is_nothing_that_is_due(
    stack: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (file := stack.parent / name).unlink()
    file.mkdir()

    assert main(["expiring", "--stack", "production"]) == 2
    assert f"{file}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["config: [", "config: {neurmatic:secrets: {changed: {jwt_secret: 2027-13-45}}}"])
def test_a_file_that_cannot_be_read_is_named_and_is_nothing_that_is_due(
    stack: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    stack.write_text(text)

    assert main(["expiring", "--stack", "production"]) == 2
    assert f"{stack}" in capsys.readouterr().err


def test_the_line_of_a_preview_names_a_certificate_whose_end_is_not_noted(stack: Path) -> None:
    document = yaml.safe_load(stack.read_text())
    del document["config"]["neurmatic:secrets"]["expires"]["origin_pull_client"]
    stack.write_text(yaml.safe_dump(document))

    assert line(noted.endings("production", TODAY), TODAY).endswith(
        "nobody knows of cloudflare_api_token, origin_pull_client"
    )
