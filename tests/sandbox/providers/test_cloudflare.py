"""The cloudflare stand-in against the Cloudflare double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.outside.doubles import cloudflare_api
from sandbox.outside.doubles.store import Store
from sandbox.providers.cloudflare import RESOURCES, DnsRecord, Zone, connect
from sandbox.providers.standin import ProviderError, StandIn
from sandbox.providers.wire import Properties, encode
from tests.sandbox.outside.serving import serving
from tests.sandbox.providers.driver import Context, Engine

TOKEN = "canary-of-a-token"
ZONE = {"account": {"id": "a"}, "name": "example.com"}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    api = cloudflare_api.application(Store(tmp_path / "zones.json", {"zones": {}}), TOKEN, healthy=lambda: True)
    with serving(api) as base:
        yield f"{base}/client/v4"


def provider(url: str, token: str = TOKEN) -> StandIn[Any]:
    made = StandIn("cloudflare", "pulumi_cloudflare:ProviderArgs", connect, RESOURCES)
    settings = encode(Properties({"apiToken": token, "baseUrl": url}, {("apiToken",)}))
    made.Configure(provider_pb2.ConfigureRequest(args=settings), Context())
    return made


@pytest.fixture
def cloudflare(url: str) -> Iterator[StandIn[Any]]:
    made = provider(url)
    yield made
    made.close()


@pytest.fixture
def zone_id(cloudflare: StandIn[Any]) -> str:
    return Zone(cloudflare).create(ZONE)[0]


def record(zone_id: str, **given: object) -> dict[str, Any]:
    return {"zoneId": zone_id, "name": "www.example.com", "type": "A", "content": "192.0.2.1", "ttl": 300, **given}


def test_a_zone_is_read_back_as_it_was_made(cloudflare: StandIn[Any], zone_id: str) -> None:
    found = Zone(cloudflare).read(zone_id, ZONE, {})

    assert found is not None
    assert found[0] == ZONE
    assert found[1]["nameServers"] == ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"proxied": True, "ttl": 1},
        {"name": "example.com", "type": "TXT", "content": '"v=spf1 -all"', "comment": "mail"},
        {"type": "MX", "content": "mx.example.net", "priority": 10},
        {"type": "CNAME", "content": "Example.net."},
        {"type": "CAA", "content": None, "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}},
    ],
    ids=lambda given: str(given.get("type", given)),
)
def test_a_record_is_read_back_as_it_was_made(cloudflare: StandIn[Any], zone_id: str, given: dict[str, object]) -> None:
    inputs = {key: value for key, value in record(zone_id, **given).items() if value is not None}
    record_id, _ = DnsRecord(cloudflare).create(inputs)

    found = DnsRecord(cloudflare).read(record_id, inputs, {})

    assert found is not None
    assert found[0] == inputs


def test_a_change_made_by_others_is_seen(cloudflare: StandIn[Any], zone_id: str) -> None:
    records = DnsRecord(cloudflare)
    inputs = record(zone_id)
    record_id, _ = records.create(inputs)
    records.update(record_id, record(zone_id, content="192.0.2.66", ttl=60), inputs, {})

    found = records.read(record_id, inputs, {})

    assert found is not None
    assert found[0] == record(zone_id, content="192.0.2.66", ttl=60)


def test_what_is_gone_is_read_as_gone_and_deleted_without_error(cloudflare: StandIn[Any], zone_id: str) -> None:
    inputs = record(zone_id)
    record_id, _ = DnsRecord(cloudflare).create(inputs)
    DnsRecord(cloudflare).delete(record_id, inputs, {})
    Zone(cloudflare).delete(zone_id, ZONE, {})

    assert DnsRecord(cloudflare).read(record_id, inputs, {}) is None
    assert Zone(cloudflare).read(zone_id, ZONE, {}) is None
    DnsRecord(cloudflare).delete(record_id, inputs, {})
    Zone(cloudflare).delete(zone_id, ZONE, {})


def test_a_refusal_says_what_was_refused_with_code_and_message(cloudflare: StandIn[Any], zone_id: str) -> None:
    with pytest.raises(ProviderError, match=r"creating www\.example\.com: 400 .*proxied record\. \(9021\)"):
        DnsRecord(cloudflare).create(record(zone_id, proxied=True))


def test_a_wrong_token_is_refused_and_never_shown(url: str) -> None:
    stranger = provider(url, "canary-of-a-wrong-token")

    with pytest.raises(ProviderError, match=r"403 Invalid access token \(9109\)") as refused:
        Zone(stranger).create(ZONE)

    assert "canary" not in str(refused.value)
    stranger.close()


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (Zone.handles, ZONE, {**ZONE, "name": "example.org"}),
        (DnsRecord.handles, record("1"), record("2")),
    ],
)
def test_another_zone_means_replacement(token: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    answer = Engine(StandIn("cloudflare", "pulumi_cloudflare:ProviderArgs", connect, RESOURCES), token).diff(old, new)

    assert list(answer.replaces)


def test_other_content_of_a_record_is_an_update() -> None:
    engine = Engine(StandIn("cloudflare", "pulumi_cloudflare:ProviderArgs", connect, RESOURCES), DnsRecord.handles)

    answer = engine.diff(record("1"), record("1", content="192.0.2.2"))

    assert (list(answer.diffs), list(answer.replaces)) == (["content"], [])
