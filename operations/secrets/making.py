"""New values: random strings, and the client certificate for Cloudflare's authenticated origin pulls."""

from __future__ import annotations

import secrets
import string
from datetime import date, timedelta
from typing import TYPE_CHECKING

from operations import clock
from operations.errors import OperationError

if TYPE_CHECKING:
    from cryptography import x509

# The brief: "Generate strong secrets (64 chars)".
LENGTH = 64
# Needs no escaping in a URL; 64 characters, so six bits each.
_ALPHABET = string.ascii_letters + string.digits + "-_"
_AUTHORITY_DAYS = 10 * 365
_CLIENT_DAYS = 365
# The clock of whoever verifies a certificate may be behind ours.
_CLOCK_SKEW = timedelta(hours=1)


def random_text() -> str:
    """Return a new string of 384 bits from the system's cryptographic source."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def authority(before: str | None = None) -> str:
    """Return the key and certificate of a new authority, and the certificate of the previous one.

    nginx trusts both, so that it does not matter whether nginx or Cloudflare is updated first.
    """
    return _issue("origin pulls: authority", _AUTHORITY_DAYS, None) + (_certificates(before)[0] if before else "")


def client(issuer: str) -> str:
    """Return the key and certificate of a new client, signed by the authority."""
    return _issue("origin pulls: client", _CLIENT_DAYS, issuer)


def certificates(pem: str) -> list[x509.Certificate]:
    """Return the certificates in a PEM text, skipping its key; raises ValueError when none is there, or a bad one."""
    from cryptography import x509

    return x509.load_pem_x509_certificates("".join(_certificates(pem)).encode())


def last_day(pem: str) -> date:
    """Return the last day of the first certificate in a PEM text; raises ValueError when it cannot be read."""
    return certificates(pem)[0].not_valid_after_utc.date()


def _certificates(pem: str) -> list[str]:
    begin, end = (f"-----{word} CERTIFICATE-----" for word in ("BEGIN", "END"))
    return [f"{begin}{part.partition(end)[0]}{end}\n" for part in pem.split(begin)[1:]]


def _issue(name: str, days: int, issuer: str | None) -> str:
    """Return a new key and its certificate, signed by the issuer's key, or self-signed where there is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.now()
    signer, signed_by = key, subject
    if issuer:
        try:
            loaded = serialization.load_pem_private_key(issuer.partition("-----BEGIN CERT")[0].encode(), None)
            signed_by = certificates(issuer)[0].subject
        except (ValueError, TypeError):
            loaded = None
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise OperationError("origin_pull_authority cannot be read", "rotate it; the client is rotated with it")
        signer = loaded
    usage = dict.fromkeys(_USAGES, False) | ({"digital_signature": True} if issuer else {"key_cert_sign": True})
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signed_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None if issuer else 0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return (private + public).decode()


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
