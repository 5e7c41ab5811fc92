"""The Cloudflare double answers as the real API does."""

from __future__ import annotations

from pathlib import Path

import pytest

from standins.services.cloudflare.ip_ranges import IPV4, IPV6
from tests.standins.services.cloudflare_client import Call, codes, serve


def record(**given: object) -> dict[str, object]:
    return {"type": "A", "name": "www", "content": "192.0.2.1", "ttl": 300, **given}


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
        (record(content=""), 9207),
        (record(content=None), 9207),
        (record(type="SRV"), 1004),
        (record(proxied="yes"), 9003),
        (record(ttl=30), 9021),
        (record(ttl="60"), 9021),
        (record(ttl=86401), 9021),
        (record(type="TXT", proxied=True, ttl=1), 9004),
        (record(type="MX", content="mx.example.net"), 1004),
        (record(type="CAA", content="nonsense"), 9007),
        (record(type="CAA", content=None, data={"flags": 0, "tag": "issue"}), 9101),
        (record(type="CAA", content=None, data={"flags": 256, "tag": "issue", "value": "ca.example"}), 9101),
        (record(type="CAA", content=None, data={"flags": 0, "tag": "iodef", "value": "you"}), 9101),
        (record(type="CAA", content=None, data={"flags": 0, "tag": "sell", "value": "ca.example"}), 9007),
        (record(type="MX", content="mx.example.net", priority=65536), 1004),
        (record(type="TXT", content='"open'), 9207),
        (record(type="TXT", content='"one" two'), 9207),
        (record(name="a..b"), 9000),
        (record(name="-a"), 9000),
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


def test_texts_of_one_name_have_a_limit_together(call: Call, zone: str) -> None:
    for letter in "abcd":
        call("POST", f"{zone}/dns_records", record(type="TXT", content=letter * 2000))

    status, answer = call("POST", f"{zone}/dns_records", record(type="TXT", content="e" * 300))

    assert (status, codes(answer)) == (400, [1004, 9207])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (record(proxied=True, ttl=300), {"ttl": 1, "proxied": True}),
        (record(ttl=None), {"ttl": 1}),
        (record(type="CNAME", content="Example.NET."), {"content": "example.net"}),
        (record(type="AAAA", content="2001:DB8:0::1"), {"content": "2001:db8::1"}),
        (record(type="TXT", content="v=spf1 -all"), {"content": "v=spf1 -all"}),
        (record(type="TXT", content='"v=spf1 -all"'), {"content": '"v=spf1 -all"'}),
        (record(type="TXT", content='"{}"'.format("k" * 256)), {"content": '"{}" "k"'.format("k" * 255)}),
        (
            record(type="CAA", content=None, data={"flags": 0, "tag": "issue", "value": "ca.example"}),
            {"content": '0 issue "ca.example"', "data": {"flags": 0, "tag": "issue", "value": "ca.example"}},
        ),
    ],
)
def test_a_record_is_kept_in_cloudflares_form(
    call: Call, zone: str, given: dict[str, object], kept: dict[str, object]
) -> None:
    _, made = call("POST", f"{zone}/dns_records", given)

    _, answer = call("GET", f"{zone}/dns_records/{made['result']['id']}")

    assert {key: answer["result"][key] for key in kept} == kept


def test_other_data_of_a_record_means_other_content(call: Call, zone: str) -> None:
    data = {"flags": 0, "tag": "issue", "value": "ca.example"}
    _, made = call("POST", f"{zone}/dns_records", {"name": "@", "type": "CAA", "data": data})

    path = f"{zone}/dns_records/{made['result']['id']}"
    _, answer = call("PATCH", path, {"data": {**data, "value": "ca.example.org"}})

    assert answer["result"]["content"] == '0 issue "ca.example.org"'


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


def test_a_zone_belongs_to_an_account(call: Call) -> None:
    assert call("POST", "/zones", {"name": "example.com"})[0] == 400


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
    assert codes(call("PATCH", f"{zone}/settings/nonsense", {"value": "on"})[1]) == [1006]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("http2", "on", 1015),
        ("polish", "lossless", 1015),
        ("true_client_ip_header", "on", 1015),
        ("ciphers", ["ECDHE-ECDSA-AES128-GCM-SHA256"], 1007),
        ("browser_cache_ttl", 86399, 1007),
        ("challenge_ttl", True, 1007),
        ("ssl", None, 1007),
        ("security_header", {"enabled": True}, 1007),
        ("security_header", {"strict_transport_security": {"max_age": "1"}}, 1007),
        ("security_header", {"strict_transport_security": {"max_age": -1}}, 1007),
        ("security_header", {"strict_transport_security": {"maxAge": 1}}, 1007),
    ],
)
def test_a_setting_that_a_free_zone_cannot_have_is_refused_and_not_kept(
    call: Call, zone: str, name: str, value: object, code: int
) -> None:
    _, before = call("GET", f"{zone}/settings/{name}")

    status, answer = call("PATCH", f"{zone}/settings/{name}", {"value": value})

    assert (status, codes(answer)) == (400, [code])
    assert call("GET", f"{zone}/settings/{name}")[1] == before


def test_a_header_given_in_part_is_completed(call: Call, zone: str) -> None:
    given = {"strict_transport_security": {"enabled": True, "max_age": 31536000}}

    _, answer = call("PATCH", f"{zone}/settings/security_header", {"value": given})

    rest = {"include_subdomains": False, "preload": False, "nosniff": False}
    assert answer["result"]["value"] == {"strict_transport_security": given["strict_transport_security"] | rest}


def test_a_subscription_changes_what_a_zone_may(call: Call, zone: str) -> None:
    _, before = call("GET", f"{zone}/settings/http2")
    for method in ("GET", "PUT"):
        status, refused = call(method, f"{zone}/subscription", {"rate_plan": {"id": "pro"}})
        assert (status, refused["errors"][0]["code"]) == (404, 1207), "a free zone has none to see or to change"
    _, subscribed = call("POST", f"{zone}/subscription", {"rate_plan": {"id": "pro"}})
    status, after = call("PATCH", f"{zone}/settings/http2", {"value": "off"})

    assert before["result"]["editable"] is False
    assert subscribed["result"]["rate_plan"]["id"] == "pro"
    assert (status, after["result"]["value"], after["result"]["editable"]) == (200, "off", True)
    assert call("GET", f"{zone}/subscription")[1]["result"]["rate_plan"]["id"] == "pro"
    assert call("GET", zone)[1]["result"]["plan"]["legacy_id"] == "pro"


def test_a_plan_that_is_not_sold_is_refused(call: Call, zone: str) -> None:
    assert call("POST", f"{zone}/subscription", {"rate_plan": {"id": "gold"}})[0] == 400
    assert call("POST", f"{zone}/subscription", {"rate_plan": "pro"})[0] == 400
    assert call("GET", zone)[1]["result"]["plan"]["legacy_id"] == "free"


def test_anybody_gets_the_address_ranges(call: Call) -> None:
    status, answer = call("GET", "/ips", authorization=None)

    assert status == 200
    assert answer["result"]["ipv4_cidrs"] == list(IPV4)
    assert answer["result"]["ipv6_cidrs"] == list(IPV6)


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "zones.json"
    _, created = serve(file)("POST", "/zones", {"name": "example.com", "account": {"id": "a"}})

    _, answer = serve(file)("GET", f"/zones/{created['result']['id']}")

    assert answer["result"] == created["result"]


def test_an_unknown_path_is_refused_as_cloudflare_does(call: Call, zone: str) -> None:
    status, answer = call("GET", f"{zone}/nonsense")

    assert (status, codes(answer)) == (404, [7003])
