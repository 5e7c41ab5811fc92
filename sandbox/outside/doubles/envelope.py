"""The form of every answer of the Cloudflare API, and its refusals."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any


class RefusalError(Exception):
    """A request that Cloudflare refuses: the HTTP status, its code and its message, and what stands behind them."""

    def __init__(self, status: int, code: int, message: str, cause: tuple[int, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"code": code, "message": message}
        if cause is not None:
            error["error_chain"] = [{"code": cause[0], "message": cause[1]}]
        self.body = {"success": False, "errors": [error], "messages": [], "result": None}


def success(result: object) -> dict[str, Any]:
    """Wrap the result of a request that succeeded."""
    return {"success": True, "errors": [], "messages": [], "result": result}


def page(results: Sequence[object], number: int, size: int) -> dict[str, Any]:
    """Wrap one page of a list, counted from 1."""
    shown = list(results[(number - 1) * size : number * size])
    counts = {
        "page": number,
        "per_page": size,
        "count": len(shown),
        "total_count": len(results),
        "total_pages": ceil(len(results) / size),
    }
    return success(shown) | {"result_info": counts}
