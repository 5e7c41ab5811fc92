"""Authenticated origin pulls of a zone: the client certificate that Cloudflare shows to the origin."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from flask import Blueprint

from standins.services.cloudflare.envelope import RefusalError, body, entry, now, page, success
from standins.services.cloudflare.store import Store
from standins.services.cloudflare.zones import zone_of

_PATH = "/zones/<zone_id>/origin_tls_client_auth"


def serve(api: Blueprint, store: Store) -> None:
    """Add the routes of a zone's client certificates, and of the switch that uses them."""

    @api.get(_PATH)
    def list_certificates(zone_id: str) -> dict[str, Any]:
        return page(list(_certificates(zone_of(store.read(), zone_id)).values()), default=50)

    @api.post(_PATH)
    def upload_certificate(zone_id: str) -> dict[str, Any]:
        given = body()
        new = certificate(given.get("certificate"), given.get("private_key"))
        with store.change() as document:
            zone = zone_of(document, zone_id)
            zone.setdefault("origin_pulls", {}).setdefault("certificates", {})[new["id"]] = new
        return success(new)

    @api.get(f"{_PATH}/settings")
    def get_pulls_settings(zone_id: str) -> dict[str, Any]:
        return success({"enabled": zone_of(store.read(), zone_id).get("origin_pulls", {}).get("enabled", False)})

    @api.put(f"{_PATH}/settings")
    def edit_pulls_settings(zone_id: str) -> dict[str, Any]:
        enabled = body().get("enabled")
        if not isinstance(enabled, bool):
            raise RefusalError(400, 9207, "Request body is invalid.")
        with store.change() as document:
            zone_of(document, zone_id).setdefault("origin_pulls", {})["enabled"] = enabled
        return success({"enabled": enabled})

    @api.get(f"{_PATH}/<certificate_id>")
    def get_certificate(zone_id: str, certificate_id: str) -> dict[str, Any]:
        return success(_certificate(zone_of(store.read(), zone_id), certificate_id))

    @api.delete(f"{_PATH}/<certificate_id>")
    def delete_certificate(zone_id: str, certificate_id: str) -> dict[str, Any]:
        with store.change() as document:
            zone = zone_of(document, zone_id)
            deleted = _certificate(zone, certificate_id)
            del zone["origin_pulls"]["certificates"][certificate_id]
        return success({**deleted, "status": "pending_deletion"})


def certificate(text: Any, key_text: Any) -> dict[str, Any]:
    """Return a certificate as the API shows it; its private key is checked and not stored.

    Raises RefusalError with the codes that Cloudflare documents for custom certificates: those of this path are not.
    """
    try:
        chain = x509.load_pem_x509_certificates(str(text).encode())
    except ValueError:
        raise RefusalError(400, 1002, "Invalid certificate.") from None
    if len(chain) != 1:
        raise RefusalError(400, 2100, "The certificate chain you uploaded cannot be bundled: give the leaf alone.")
    leaf = chain[0]
    try:
        key = load_pem_private_key(str(key_text).encode(), password=None)
    except (ValueError, TypeError):
        raise RefusalError(400, 2106, "The private key you uploaded is invalid.") from None
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise RefusalError(400, 2200, "The certificate and private key pair you uploaded is invalid.")
    if leaf.not_valid_after_utc <= datetime.now(UTC):
        raise RefusalError(400, 1002, "Invalid certificate: it has expired.")
    algorithm = leaf.signature_algorithm_oid
    return {
        "id": secrets.token_hex(16),
        "certificate": leaf.public_bytes(Encoding.PEM).decode(),
        "issuer": leaf.issuer.rfc4514_string(),
        "serial_number": f"{leaf.serial_number:x}",
        "signature": getattr(algorithm, "_name", algorithm.dotted_string),
        # A real one is `pending_deployment` for some minutes.
        "status": "active",
        "uploaded_on": now(),
        "expires_on": leaf.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
    }


def _certificates(zone: dict[str, Any]) -> dict[str, Any]:
    return dict(zone.get("origin_pulls", {}).get("certificates", {}))


def _certificate(zone: dict[str, Any], certificate_id: str) -> dict[str, Any]:
    not_found = RefusalError(404, 1412, "Certificate not found.")  # code not verified
    return entry(_certificates(zone), certificate_id, not_found)
