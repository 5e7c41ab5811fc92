"""The Cloudflare double answers as the real API does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.outside.doubles import cloudflare_api
from sandbox.outside.doubles.store import Store

TOKEN = "the-right-token"
Call = Callable[..., tuple[int, dict[str, Any]]]


def serve(file: Path) -> Call:
    client = cloudflare_api.application(Store(file, {"zones": {}}), TOKEN, healthy=lambda: True).test_client()

    def call(method: str, path: str, body: object = None, authorization: str | None = f"Bearer {TOKEN}") -> Any:
        headers = {"Authorization": authorization} if authorization else {}
        answer = client.open(f"/client/v4{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True) or {}

    return call


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return serve(tmp_path / "zones.json")


@pytest.fixture
def zone(call: Call) -> str:
    _, answer = call("POST", "/zones", {"name": "example.com", "account": {"id": "a"}})
    return f"/zones/{answer['result']['id']}"


def record(**given: object) -> dict[str, object]:
    return {"type": "A", "name": "www", "content": "192.0.2.1", "ttl": 300, **given}


def codes(answer: dict[str, Any]) -> list[int]:
    return [each["code"] for error in answer["errors"] for each in (error, *error.get("error_chain", []))]


@pytest.mark.parametrize(
    ("path", "authorization", "status", "code"),
    [
        ("/zones", "Bearer wrong", 403, 9109),
        ("/zones/x/dns_records", "Bearer wrong", 403, 10000),
        ("/zones", "Basic x", 400, 6111),
        ("/zones", None, 400, 9106),
    ],
)
def test_a_request_without_the_right_token_is_refused(
    call: Call, path: str, authorization: str | None, status: int, code: int
) -> None:
    answered, answer = call("GET", path, authorization=authorization)

    assert answered == status
    assert code in codes(answer)
    assert answer["success"] is False
    assert answer["result"] is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (record(content="300.1.1.1"), 9005),
        (record(type="AAAA"), 9006),
        (record(type="CNAME"), 9007),
        (record(proxied=True), 9021),
        (record(ttl=30), 9021),
        (record(ttl=86401), 9021),
        (record(type="TXT", proxied=True, ttl=1), 9004),
        (record(type="MX", content="mx.example.net"), 1004),
        (record(type="CAA", content="nonsense"), 9007),
        ({"type": "A", "ttl": 1}, 9207),
    ],
)
def test_a_record_that_cloudflare_refuses_is_refused_and_not_kept(
    call: Call, zone: str, given: dict[str, object], code: int
) -> None:
    status, answer = call("POST", f"{zone}/dns_records", given)

    assert status == 400
    assert code in codes(answer)
    assert call("GET", f"{zone}/dns_records")[1]["result"] == []


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (record(), record(ttl=60), 81058),
        (record(), record(type="CNAME", content="example.net"), 81053),
        (record(type="CNAME", content="example.net"), record(), 81054),
    ],
)
def test_a_record_that_another_one_excludes_is_refused(
    call: Call, zone: str, first: dict[str, object], second: dict[str, object], code: int
) -> None:
    call("POST", f"{zone}/dns_records", first)

    status, answer = call("POST", f"{zone}/dns_records", second)

    assert (status, codes(answer)) == (400, [code])


def test_names_are_kept_in_full(call: Call, zone: str) -> None:
    for name in ("@", "www", "api.example.com", "MAIL.example.com."):
        call("POST", f"{zone}/dns_records", record(name=name))

    _, answer = call("GET", f"{zone}/dns_records")

    names = [each["name"] for each in answer["result"]]
    assert names == ["example.com", "www.example.com", "api.example.com", "mail.example.com"]


def test_a_record_is_created_changed_in_part_replaced_and_deleted(call: Call, zone: str) -> None:
    _, created = call("POST", f"{zone}/dns_records", record(comment="first"))
    path = f"{zone}/dns_records/{created['result']['id']}"

    _, edited = call("PATCH", path, {"ttl": 60})
    _, replaced = call("PUT", path, record(content="192.0.2.2"))
    call("DELETE", path)

    assert (edited["result"]["ttl"], edited["result"]["comment"]) == (60, "first")
    assert (replaced["result"]["content"], replaced["result"]["comment"]) == ("192.0.2.2", None)
    status, answer = call("GET", path)
    assert (status, codes(answer)) == (404, [81044])


def test_lists_are_filtered_and_come_in_pages(call: Call, zone: str) -> None:
    for last in range(1, 6):
        call("POST", f"{zone}/dns_records", record(content=f"192.0.2.{last}"))
    call("POST", f"{zone}/dns_records", record(type="TXT", content="text"))

    _, answer = call("GET", f"{zone}/dns_records?type=A&per_page=2&page=3&name=www.example.com")

    assert [each["content"] for each in answer["result"]] == ["192.0.2.5"]
    assert answer["result_info"] == {"page": 3, "per_page": 2, "count": 1, "total_count": 5, "total_pages": 3}


def test_a_zone_is_there_once(call: Call, zone: str) -> None:
    status, answer = call("POST", "/zones", {"name": "example.com", "account": {"id": "a"}})

    assert (status, codes(answer)) == (400, [1061])
    assert call("GET", zone)[1]["result"]["name"] == "example.com"
    assert call("GET", "/zones?name=example.org")[1]["result"] == []


def test_a_deleted_zone_takes_its_records_along(call: Call, zone: str) -> None:
    call("DELETE", zone)

    status, answer = call("GET", f"{zone}/dns_records")

    assert (status, codes(answer)) == (404, [1001])


def test_a_setting_has_a_default_and_takes_only_its_own_values(call: Call, zone: str) -> None:
    _, before = call("GET", f"{zone}/settings/min_tls_version")
    _, after = call("PATCH", f"{zone}/settings/min_tls_version", {"value": "1.2"})
    wrong = call("PATCH", f"{zone}/settings/min_tls_version", {"value": "1.4"})
    unknown = call("GET", f"{zone}/settings/nonsense")

    assert (before["result"]["value"], after["result"]["value"]) == ("1.0", "1.2")
    assert (wrong[0], codes(wrong[1])) == (400, [1007])
    assert (unknown[0], codes(unknown[1])) == (400, [1006])


def test_a_phase_has_no_entry_point_until_one_is_put(call: Call, zone: str) -> None:
    path = f"{zone}/rulesets/phases/http_ratelimit/entrypoint"

    missing = call("GET", path)
    call("PUT", path, {"rules": [{"action": "block", "expression": "true"}]})

    assert (missing[0], codes(missing[1])) == (404, [10003])
    assert call("GET", path)[1]["result"]["version"] == "1"


def test_a_rule_with_a_ref_keeps_its_id_when_the_ruleset_is_replaced(call: Call, zone: str) -> None:
    path = f"{zone}/rulesets/phases/http_ratelimit/entrypoint"
    rule = {"ref": "login", "action": "block", "expression": "true"}

    _, first = call("PUT", path, {"rules": [rule]})
    _, second = call("PUT", path, {"rules": [{**rule, "expression": "false"}]})

    assert first["result"]["rules"][0]["id"] == second["result"]["rules"][0]["id"]
    assert second["result"]["version"] == "2"


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "zones.json"
    _, created = serve(file)("POST", "/zones", {"name": "example.com", "account": {"id": "a"}})

    _, answer = serve(file)("GET", f"/zones/{created['result']['id']}")

    assert answer["result"] == created["result"]


def test_an_unknown_path_is_refused_as_cloudflare_does(call: Call, zone: str) -> None:
    status, answer = call("GET", f"{zone}/nonsense")

    assert (status, codes(answer)) == (404, [7003])
