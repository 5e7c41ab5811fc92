"""The certificate authority is made once, kept, and trusted through one bundle."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from operations import clock
from sandbox.clone import Clone
from sandbox.outside import authority


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(root=tmp_path)
    authority.ensure(made)
    return made


def test_the_root_is_kept_and_its_key_is_private(clone: Clone) -> None:
    before = clone.ca.read_bytes()

    authority.ensure(clone)

    assert clone.ca.read_bytes() == before
    assert stat.S_IMODE(clone.ca_key.stat().st_mode) == 0o600


def test_the_bundle_holds_the_root_once_even_if_the_machine_is_told_to_trust_the_bundle(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(clone.ca_bundle))

    authority.ensure(clone)

    assert clone.ca_bundle.read_text().count(clone.ca.read_text()) == 1


def test_a_leaf_is_signed_by_the_root_for_its_address_and_loopback(clone: Clone) -> None:
    leaf = authority.leaf(clone, clone.s3)

    certificate = x509.load_pem_x509_certificate(leaf.certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(clone.ca.read_bytes()))
    names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == [clone.s3, "127.0.0.1"]
    assert stat.S_IMODE(leaf.key.stat().st_mode) == 0o600


def test_root_and_leaf_outlast_whoever_leaves_a_sandbox_up(clone: Clone) -> None:
    later = clock.now() + timedelta(days=10 * 365)

    for file in (clone.ca, authority.leaf(clone, clone.s3).certificate):
        assert x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc > later


def test_a_root_that_was_half_written_is_made_anew_together_with_its_leaves(clone: Clone) -> None:
    old = authority.leaf(clone, clone.s3).certificate.read_bytes()
    clone.ca.unlink()

    authority.ensure(clone)

    certificate = x509.load_pem_x509_certificate(authority.leaf(clone, clone.s3).certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(clone.ca.read_bytes()))
    assert authority.leaf(clone, clone.s3).certificate.read_bytes() != old
