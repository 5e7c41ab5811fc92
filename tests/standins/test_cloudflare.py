"""The cloudflare stand-in against the Cloudflare double: zones and records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from standins.cloudflare.dns_record import DnsRecord
from standins.cloudflare.provider import provider
from standins.cloudflare.zone import Zone
from standins.provider.resource import ProviderError
from standins.provider.standin import StandIn
from standins.services.cloudflare import api
from standins.services.cloudflare.store import Store
from tests.standins.cloudflare_account import TOKEN, ZONE, entered
from tests.standins.driver import Engine
from tests.standins.services.encrypted import serving_tls


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
        {"type": "AAAA", "content": "2001:db8::7"},
        {"name": "example.com", "type": "TXT", "content": '"v=spf1 -all"', "comment": "mail"},
        {"type": "TXT", "content": '"{}" "k"'.format("k" * 255)},
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


def test_other_data_of_a_record_is_seen(cloudflare: StandIn[Any], zone_id: str) -> None:
    records = DnsRecord(cloudflare)
    data = {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}
    inputs = {"zoneId": zone_id, "name": "example.com", "type": "CAA", "ttl": 1, "data": data}
    record_id, _ = records.create(inputs)
    other = {**inputs, "data": {**data, "value": "ca.example"}}
    records.update(record_id, other, inputs, {})

    found = records.read(record_id, inputs, {})

    assert found is not None
    assert found[0] == other


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"proxied": True}, {"ttl": 1}),
        ({"type": "TXT", "content": '"{}"'.format("k" * 256)}, {"content": '"{}" "k"'.format("k" * 255)}),
    ],
    ids=["a time to live of its own", "a text that is too long"],
)
def test_what_cloudflare_does_not_keep_as_it_is_given_is_seen_as_a_difference(
    cloudflare: StandIn[Any], zone_id: str, given: dict[str, object], seen: dict[str, object]
) -> None:
    inputs = record(zone_id, **given)
    record_id, _ = DnsRecord(cloudflare).create(inputs)

    found = DnsRecord(cloudflare).read(record_id, inputs, {})

    assert found is not None
    assert found[0] == {**inputs, **seen}


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
    with pytest.raises(ProviderError, match=r"creating www\.example\.com: 400 .*for Automatic\. \(9021\)"):
        DnsRecord(cloudflare).create(record(zone_id, ttl=30))


def test_a_wrong_token_is_refused_and_never_shown(cloudflare_url: str) -> None:
    stranger = entered(cloudflare_url, "canary-of-a-wrong-token")

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
    answer = Engine(provider(), token).diff(old, new)

    assert list(answer.replaces)


def test_other_content_of_a_record_is_an_update() -> None:
    engine = Engine(provider(), DnsRecord.handles)

    answer = engine.diff(record("1"), record("1", content="192.0.2.2"))

    assert (list(answer.diffs), list(answer.replaces)) == (["content"], [])


def test_who_vouches_for_the_api_is_said_where_the_real_plugin_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    account = api.application(Store(tmp_path / "zones.json"), TOKEN, healthy=lambda: True)
    with serving_tls(account, tmp_path) as (url, ca):
        stranger = entered(f"{url}{api.PREFIX}")
        with pytest.raises(ProviderError, match="certificate"):
            Zone(stranger).create(ZONE)

        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        assert Zone(entered(f"{url}{api.PREFIX}")).create(ZONE)[0]
