"""The form of every request and answer of the Cloudflare API, and its refusals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

from flask import request


class RefusalError(Exception):
    """A request that Cloudflare refuses: the HTTP status, its code and its message, and what stands behind them.

    `cause` is a further code and message, `pointer` the place in the request's body.
    """

    def __init__(
        self, status: int, code: int, message: str, cause: tuple[int, str] | None = None, pointer: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"code": code, "message": message}
        if cause is not None:
            error["error_chain"] = [{"code": cause[0], "message": cause[1]}]
        if pointer is not None:
            error["source"] = {"pointer": pointer}
        self.body = {"success": False, "errors": [error], "messages": [], "result": None}


def success(result: object) -> dict[str, Any]:
    """Wrap the result of a request that succeeded."""
    return {"success": True, "errors": [], "messages": [], "result": result}


def entry(entries: dict[str, Any], key: str, refusal: RefusalError) -> dict[str, Any]:
    """Return the entry with this id; raises the refusal when there is none."""
    if key not in entries:
        raise refusal
    value: dict[str, Any] = entries[key]
    return value


def page(results: Sequence[object], default: int) -> dict[str, Any]:
    """Wrap the page of a list that is asked for, counted from 1; `default` is its usual size."""
    number, size = _positive("page", 1), _positive("per_page", default)
    shown = list(results[(number - 1) * size : number * size])
    counts = {
        "page": number,
        "per_page": size,
        "count": len(shown),
        "total_count": len(results),
        "total_pages": ceil(len(results) / size),
    }
    return success(shown) | {"result_info": counts}


def body() -> dict[str, Any]:
    """Return the object that the request brings."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise RefusalError(400, 9207, "Request body is invalid.")
    return given


def now() -> str:
    """Return the time as Cloudflare writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _positive(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise RefusalError(400, 1004, "page and per_page must be positive integers")
    return int(text)
