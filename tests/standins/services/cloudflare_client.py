"""Speaks to the Cloudflare double within this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from standins.services.cloudflare import api
from standins.services.cloudflare.store import Store

TOKEN = "the-right-token"
Call = Callable[..., tuple[int, dict[str, Any]]]


def serve(file: Path, plan: str = "free") -> Call:
    """Return a function that sends a request and returns the status and the body of its answer."""
    client = api.application(Store(file), TOKEN, healthy=lambda: True, plan=plan).test_client()

    def call(method: str, path: str, body: object = None, authorization: str | None = f"Bearer {TOKEN}") -> Any:
        headers = {"Authorization": authorization} if authorization else {}
        answer = client.open(f"/client/v4{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True) or {}

    return call


def new_zone(call: Call) -> str:
    """Make a zone, and return its path."""
    _, answer = call("POST", "/zones", {"name": "example.com", "account": {"id": "a"}})
    return f"/zones/{answer['result']['id']}"


def codes(answer: dict[str, Any]) -> list[int]:
    """Return the codes of a refusal, those behind them included."""
    return [each["code"] for error in answer["errors"] for each in (error, *error.get("error_chain", []))]
