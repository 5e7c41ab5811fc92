"""New secrets are strong, and the certificates are what nginx and OpenSSL accept."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from operations.errors import OperationError
from operations.secrets import making
from operations.secrets.problems import weakness
from tests.some import some


def test_random_texts_are_of_64_characters_all_different_and_never_weak() -> None:
    made = {making.random_text() for _ in range(2000)}

    assert len(made) == 2000
    assert {len(value) for value in made} == {64}
    weaknesses = {weakness("session_secret", value) for value in some(sorted(made)[:50])}  # an estimate takes 20 ms
    assert weaknesses == {None}


def test_who_trusts_the_authority_lets_its_client_in_and_nobody_elses(tmp_path: Path) -> None:
    authority, another = making.authority(), making.authority()

    assert lets_in(making.client(authority), authority, tmp_path)
    assert not lets_in(making.client(another), authority, tmp_path)


def test_a_rotated_client_and_the_one_before_it_are_let_in_by_who_learns_of_neither(tmp_path: Path) -> None:
    authority = making.authority()
    before, after = making.client(authority), making.client(authority)

    assert before != after
    assert [lets_in(client, authority, tmp_path) for client in (before, after, before)] == [True] * 3


def test_after_a_rotation_of_the_authority_the_client_before_it_is_let_in_until_the_next_one(tmp_path: Path) -> None:
    first = making.authority()
    second = making.authority(first)
    third = making.authority(second)
    client = making.client(first)

    assert [lets_in(client, authority, tmp_path) for authority in (first, second, third)] == [True, True, False]
    assert lets_in(making.client(second), second, tmp_path)


def test_the_authority_lasts_ten_years_its_client_one_and_neither_may_be_the_other() -> None:
    authority = making.authority()
    (ca,), (leaf,) = making.certificates(authority), making.certificates(making.client(authority))
    now = datetime.now(UTC)

    assert timedelta(days=3649) < ca.not_valid_after_utc - now < timedelta(days=3651)
    assert timedelta(days=364) < leaf.not_valid_after_utc - now < timedelta(days=366)
    assert [one.extensions[0].value.ca for one in (ca, leaf)] == [True, False]
    assert weakness("origin_pull_authority", authority) is None


@pytest.mark.parametrize("text", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_an_authority_that_cannot_be_read_is_told_with_the_command_that_mends_it(text: str) -> None:
    with pytest.raises(OperationError, match=r"origin_pull_authority cannot be read\n  mend: rotate it"):
        making.client(text + " ")


def lets_in(client: str, authority: str, folder: Path) -> bool:
    """Shake hands over TLS as Cloudflare (the client) and nginx (who trusts the authority) do."""
    ours = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.verify_mode = ssl.CERT_REQUIRED
    ours.issue_cert("origin.example").configure_cert(server)
    server.load_verify_locations(cadata=authority[authority.index("-----BEGIN CERT") :])
    shower = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.configure_trust(shower)
    (folder / "client.pem").write_text(client)
    shower.load_cert_chain(folder / "client.pem")

    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        shower.wrap_bio(back, there, server_hostname="origin.example"),
        server.wrap_bio(there, back, server_side=True),
    ]
    try:
        for end in ends * 3:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLError:
        return False
    return ends[1].getpeercert() != {}
