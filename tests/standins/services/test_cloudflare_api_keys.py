"""The keys of a zone at the Cloudflare double: DNSSEC, and the certificate that it shows to the origin."""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dnslib import DNSLabel  # type: ignore[import-untyped]

from tests.standins.services.certificates import Pair, pair
from tests.standins.services.cloudflare_client import Call, codes, new_zone, serve

PAIR = pair("origin pulls")


def upload(given: Pair) -> dict[str, str]:
    return {"certificate": given.certificate, "private_key": given.key}


def test_dnssec_is_off_until_it_is_switched_on(call: Call, zone: str) -> None:
    _, before = call("GET", f"{zone}/dnssec")
    _, active = call("PATCH", f"{zone}/dnssec", {"status": "active"})
    _, off = call("PATCH", f"{zone}/dnssec", {"status": "disabled"})

    assert (before["result"]["status"], before["result"]["ds"]) == ("disabled", None)
    assert (active["result"]["status"], active["result"]["algorithm"]) == ("active", "13")
    assert (off["result"]["status"], off["result"]["ds"]) == ("disabled", None)


def test_the_ds_record_is_that_of_the_public_key(call: Call, zone: str) -> None:
    _, answer = call("PATCH", f"{zone}/dnssec", {"status": "active"})

    result = answer["result"]
    data = struct.pack("!HBB", 257, 3, 13) + b64decode(result["public_key"])
    owner = b"".join(bytes([len(label)]) + label for label in DNSLabel("example.com").label) + b"\0"
    digest = hashlib.sha256(owner + data).hexdigest().upper()
    assert result["digest"] == digest
    assert result["ds"] == f"example.com. 3600 IN DS {result['key_tag']} 13 2 {digest}"
    assert (result["flags"], result["key_type"], result["digest_type"]) == (257, "ECDSAP256SHA256", "2")


def test_dnssec_has_the_same_key_when_it_is_switched_on_again(call: Call, zone: str) -> None:
    _, first = call("PATCH", f"{zone}/dnssec", {"status": "active"})
    call("PATCH", f"{zone}/dnssec", {"status": "disabled"})
    _, again = call("PATCH", f"{zone}/dnssec", {"status": "active"})

    assert again["result"]["ds"] == first["result"]["ds"]


@pytest.mark.parametrize("given", [{"status": "on"}, {"signed": True}, {"dnssec_presigned": True}, {"status": None}])
def test_what_is_no_state_of_dnssec_is_refused(call: Call, zone: str, given: dict[str, Any]) -> None:
    assert call("PATCH", f"{zone}/dnssec", given)[0] == 400
    assert call("GET", f"{zone}/dnssec")[1]["result"]["status"] == "disabled"


def test_a_certificate_is_shown_without_its_key(tmp_path: Path) -> None:
    call = serve(tmp_path / "zones.json")
    zone = new_zone(call)

    _, made = call("POST", f"{zone}/origin_tls_client_auth", upload(PAIR))
    _, shown = call("GET", f"{zone}/origin_tls_client_auth/{made['result']['id']}")

    assert shown["result"] == made["result"]
    assert (shown["result"]["certificate"], shown["result"]["status"]) == (PAIR.certificate, "active")
    assert shown["result"]["issuer"] == "CN=origin pulls"
    assert datetime.fromisoformat(shown["result"]["expires_on"]) > datetime.now(UTC) + timedelta(days=300)
    secret = PAIR.key.splitlines()[1]
    assert secret not in json.dumps(shown)
    assert secret not in (tmp_path / "zones.json").read_text()


def test_several_certificates_can_be_there_and_a_deleted_one_is_gone(call: Call, zone: str) -> None:
    path = f"{zone}/origin_tls_client_auth"
    _, old = call("POST", path, upload(PAIR))
    _, new = call("POST", path, upload(pair("the next")))

    call("DELETE", f"{path}/{old['result']['id']}")

    assert [each["id"] for each in call("GET", path)[1]["result"]] == [new["result"]["id"]]
    assert call("GET", f"{path}/{old['result']['id']}")[0] == 404


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"certificate": "nonsense", "private_key": PAIR.key}, 1002),
        ({"private_key": PAIR.key}, 1002),
        ({"certificate": PAIR.certificate, "private_key": "nonsense"}, 2106),
        ({"certificate": PAIR.certificate}, 2106),
        ({"certificate": PAIR.certificate, "private_key": pair("another").key}, 2200),
        ({"certificate": PAIR.certificate * 2, "private_key": PAIR.key}, 2100),
        (upload(pair("too old", days=-1)), 1002),
    ],
    ids=["no certificate", "none given", "no key", "no key given", "another key", "a chain", "expired"],
)
def test_a_certificate_that_cannot_be_shown_is_refused(call: Call, zone: str, given: dict[str, str], code: int) -> None:
    status, answer = call("POST", f"{zone}/origin_tls_client_auth", given)

    assert (status, codes(answer)) == (400, [code])
    assert call("GET", f"{zone}/origin_tls_client_auth")[1]["result"] == []


def test_origin_pulls_are_off_until_they_are_switched_on(call: Call, zone: str) -> None:
    path = f"{zone}/origin_tls_client_auth/settings"

    before = call("GET", path)[1]["result"]
    call("PUT", path, {"enabled": True})

    assert (before, call("GET", path)[1]["result"]) == ({"enabled": False}, {"enabled": True})
    assert call("PUT", path, {"enabled": "yes"})[0] == 400
