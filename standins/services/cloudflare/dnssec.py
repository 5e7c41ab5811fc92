"""DNSSEC of a zone: its key and the DS record that the registrar wants. The double's DNS does not sign."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint

from standins.services.cloudflare.envelope import RefusalError, body, now, success
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import zone_of

# The one that Cloudflare signs with: a key-signing key, ECDSA P-256 with SHA-256, the digest SHA-256 (RFC 6605, 4509).
FLAGS, PROTOCOL, ALGORITHM, DIGEST_TYPE = 257, 3, 13, 2
_DS_TTL = 3600
_OPTIONS = ("dnssec_multi_signer", "dnssec_presigned", "dnssec_use_nsec3")
_KEY_FIELDS = (
    *("algorithm", "digest", "digest_algorithm", "digest_type", "ds", "flags", "key_tag", "key_type", "public_key"),
)


def serve(api: Blueprint, store: Store) -> None:
    """Add the routes of a zone's DNSSEC."""

    @api.get("/zones/<zone_id>/dnssec")
    def get_dnssec(zone_id: str) -> dict[str, Any]:
        return success(_shown(zone_of(store.read(), zone_id)))

    @api.patch("/zones/<zone_id>/dnssec")
    def edit_dnssec(zone_id: str) -> dict[str, Any]:
        given = body()
        _check(given)
        with store.change() as document:
            zone = zone_of(document, zone_id)
            chosen = {key: given[key] for key in ("status", *_OPTIONS) if key in given}
            dnssec = zone.get("dnssec") or {"key": new_key(zone["zone"]["name"])}
            zone["dnssec"] = dnssec | chosen | {"modified_on": now()}
        return success(_shown(zone))

    @api.delete("/zones/<zone_id>/dnssec")
    def delete_dnssec(zone_id: str) -> dict[str, Any]:
        with store.change() as document:
            zone_of(document, zone_id).pop("dnssec", None)
        return success("")


def new_key(zone_name: str) -> dict[str, Any]:
    """Make a zone's key; its private half is forgotten at once, for nothing is signed."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    public = numbers.x.to_bytes(32) + numbers.y.to_bytes(32)
    data = struct.pack("!HBB", FLAGS, PROTOCOL, ALGORITHM) + public
    digest = hashlib.sha256(_wire(zone_name) + data).hexdigest().upper()
    tag = _key_tag(data)
    return {
        "flags": FLAGS,
        "algorithm": str(ALGORITHM),
        "key_type": "ECDSAP256SHA256",
        "digest_type": str(DIGEST_TYPE),
        "digest_algorithm": "SHA256",
        "digest": digest,
        "ds": f"{zone_name}. {_DS_TTL} IN DS {tag} {ALGORITHM} {DIGEST_TYPE} {digest}",
        "key_tag": tag,
        "public_key": base64.b64encode(public).decode(),
    }


def _shown(zone: dict[str, Any]) -> dict[str, Any]:
    """Return what the API tells; the real one says `pending` until the registrar has the DS record, here it has."""
    dnssec = zone.get("dnssec", {})
    status = dnssec.get("status", "disabled")
    key = dnssec["key"] if status == "active" else dict.fromkeys(_KEY_FIELDS)
    options = {name: dnssec[name] for name in _OPTIONS if name in dnssec}
    return {"status": status, **key, **options, "modified_on": dnssec.get("modified_on")}


def _check(given: dict[str, Any]) -> None:
    """Refuse what is no setting of DNSSEC; codes not verified."""
    if given.get("status", "active") not in ("active", "disabled"):
        raise RefusalError(400, 1004, "status must be one of active, disabled")
    if given.get("dnssec_presigned"):
        raise RefusalError(400, 1004, "Invalid zone plan for action")
    for name in given.keys() - {"status"}:
        if name not in _OPTIONS or not isinstance(given[name], bool):
            raise RefusalError(400, 9207, "Request body is invalid.")


def _wire(name: str) -> bytes:
    labels = name.rstrip(".").lower().split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def _key_tag(data: bytes) -> int:
    """Compute the tag of a DNSKEY's data (RFC 4034, appendix B)."""
    total = sum(byte << 8 if index % 2 == 0 else byte for index, byte in enumerate(data))
    return (total + (total >> 16)) & 0xFFFF
