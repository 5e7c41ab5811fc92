"""The sandbox's certificate authorities: one for the services outside, and the one of the platform's certificate."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import requests
import trustme

from operations.files import PRIVATE, write
from sandbox.clone import Clone
from sandbox.images.build import certificate_authorities

MANAGEMENT_PORT = 15000
ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Leaf:
    """A service's certificate with its chain, and its private key."""

    certificate: Path
    key: Path


def ensure(clone: Clone) -> None:
    """Make the root once and keep it; the bundle always holds what the machine trusts today, and the root."""
    if not (clone.ca.exists() and clone.ca_key.exists()):
        shutil.rmtree(_leaves(clone), ignore_errors=True)
        root = trustme.CA(organization_name="Neurmatic sandbox")
        write(clone.ca_key, root.private_key_pem.bytes(), PRIVATE)
        write(clone.ca, root.cert_pem.bytes())
    trusted, own = certificate_authorities(), clone.ca.read_text()
    write(clone.ca_bundle, (trusted if own in trusted else f"{trusted.rstrip()}\n{own}").encode())


def leaf(clone: Clone, address: str) -> Leaf:
    """Return the certificate of the service at an address, valid for loopback too; made once."""
    leaf = Leaf(_leaves(clone) / address / "cert.pem", _leaves(clone) / address / "key.pem")
    if not (leaf.certificate.exists() and leaf.key.exists()):
        root = trustme.CA.from_pem(clone.ca.read_bytes(), clone.ca_key.read_bytes())
        issued = root.issue_cert(address, "127.0.0.1", common_name=address)
        write(leaf.key, issued.private_key_pem.bytes(), PRIVATE)
        write(leaf.certificate, b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    return leaf


def issuer_root(clone: Clone) -> str:
    """Fetch the root under which the ACME server issues now; it makes a new one at each start."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the machine does not reach the clone's network
        answer = session.get(
            f"https://{clone.acme}:{MANAGEMENT_PORT}/roots/0", verify=str(clone.ca), timeout=ANSWER_SECONDS
        )
    answer.raise_for_status()
    return answer.text


def refresh_platform_ca(clone: Clone) -> Path:
    """Add today's root of the ACME server to those seen before, one of which issued the platform's certificate."""
    seen = clone.platform_ca.read_text() if clone.platform_ca.exists() else ""
    root = issuer_root(clone)
    if root.strip() not in seen:
        write(clone.platform_ca, f"{seen}{root.strip()}\n".encode())
    return clone.platform_ca


def _leaves(clone: Clone) -> Path:
    return clone.state / "outside" / "tls"
