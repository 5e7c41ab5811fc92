"""What the API says of the token that asks: https://developers.cloudflare.com/api/resources/user/subresources/tokens/."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from standins.services.cloudflare.envelope import success


def serve(api: Blueprint) -> None:
    """Add the route that verifies a token; it has no expiry, and a wrong one has been refused by then."""

    @api.get("/user/tokens/verify")
    def verify() -> dict[str, Any]:
        return success({"id": "0" * 32, "status": "active"})
