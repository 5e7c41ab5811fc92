"""What Cloudflare accepts as a DNS record, and the form in which it keeps one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from sandbox.outside.doubles.envelope import RefusalError

AUTOMATIC = 1
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
TYPES = PROXIABLE | {"CAA", "MX", "NS", "TXT"}

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
_CAA = re.compile(r'(?P<flags>\d{1,3})\s+(?P<tag>issue|issuewild|iodef)\s+"?(?P<value>[^"]*)"?')


def absolute(name: str, zone: str) -> str:
    """Return the full name, lower case and without the last dot; `@` is the zone itself."""
    name = name.rstrip(".").lower()
    if name in ("@", zone):
        return zone
    return name if name.endswith(f".{zone}") else f"{name}.{zone}"


def record(given: Mapping[str, Any], zone: str, others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings of a record as they are kept.

    Raises RefusalError for what Cloudflare refuses, in itself or beside the zone's other records.
    """
    if not isinstance(given.get("name"), str) or not isinstance(given.get("type"), str):
        raise RefusalError(400, 9207, "Request body is invalid.")
    kind = given["type"].upper()
    if kind not in TYPES:
        raise _invalid(1004, f"DNS record type {kind} is not one that the sandbox serves.")
    kept: dict[str, Any] = {
        "name": absolute(given["name"], zone),
        "type": kind,
        "content": _content(kind, given),
        "proxiable": kind in PROXIABLE,
        "proxied": given.get("proxied") or False,
        "ttl": given.get("ttl") or AUTOMATIC,
        "comment": given.get("comment"),
        "tags": given.get("tags") or [],
        "settings": given.get("settings") or {},
        "meta": {},
    }
    if kind == "MX":
        if not isinstance(given.get("priority"), int | float):
            raise _invalid(1004, "priority is a required field for an MX record.")
        kept["priority"] = int(given["priority"])
    if kind == "CAA":
        kept["data"] = _caa(kept["content"])
    _check_ttl(kept)
    _check_beside(kept, others)
    return kept


def _invalid(code: int, message: str) -> RefusalError:
    return RefusalError(400, 1004, "DNS Validation Error", cause=(code, message))


def _content(kind: str, given: Mapping[str, Any]) -> str:
    content = given.get("content")
    if kind == "CAA" and content is None and given.get("data"):
        data = given["data"]
        content = f'{int(data.get("flags", 0))} {data.get("tag")} "{data.get("value")}"'
    if not isinstance(content, str) or not content:
        raise RefusalError(400, 9207, "Request body is invalid.")
    if kind == "A" and not _is_address(content, IPv4Address):
        raise RefusalError(400, 9005, "Content for A record must be a valid IPv4 address.")
    if kind == "AAAA" and not _is_address(content, IPv6Address):
        raise RefusalError(400, 9006, "Content for AAAA record must be a valid IPv6 address.")
    if kind in ("CNAME", "MX", "NS"):
        content = content.rstrip(".").lower()
        if not _HOST.fullmatch(content) or _is_address(content, IPv4Address):
            raise RefusalError(400, 9007, f"Content for {kind} record is invalid.")
    if kind == "CAA" and not _CAA.fullmatch(content):
        raise RefusalError(400, 9007, "Content for CAA record is invalid.")
    return content


def _is_address(text: str, family: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        family(text)
    except ValueError:
        return False
    return True


def _caa(content: str) -> dict[str, Any]:
    parts = _CAA.fullmatch(content)
    assert parts is not None  # noqa: S101  _content has refused every other form
    return {"flags": int(parts["flags"]), "tag": parts["tag"], "value": parts["value"]}


def _check_ttl(kept: Mapping[str, Any]) -> None:
    ttl = kept["ttl"]
    if kept["proxied"] and not kept["proxiable"]:
        raise _invalid(9004, "This record type cannot be proxied.")
    if kept["proxied"] and ttl != AUTOMATIC:
        raise _invalid(9021, "TTL must be 1 (Automatic) for a proxied record.")
    if ttl != AUTOMATIC and not 60 <= ttl <= 86400:
        raise _invalid(9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.")


def _check_beside(kept: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> None:
    neighbours = [other for other in others if other["name"] == kept["name"]]
    same = ("type", "content", "priority")
    if any(all(other.get(key) == kept.get(key) for key in same) for other in neighbours):
        raise RefusalError(400, 81058, "An identical record already exists.")
    if kept["type"] == "CNAME" and any(other["type"] in PROXIABLE for other in neighbours):
        raise RefusalError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if kept["type"] in ("A", "AAAA") and any(other["type"] == "CNAME" for other in neighbours):
        raise RefusalError(400, 81054, "A CNAME record with that host already exists.")
