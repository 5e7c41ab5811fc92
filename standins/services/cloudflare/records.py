"""What Cloudflare accepts as a DNS record, and the form in which it keeps one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from standins.services.cloudflare.envelope import RefusalError

AUTOMATIC = 1
PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
TYPES = PROXIABLE | {"CAA", "MX", "NS", "TXT"}
LONGEST_STRING = 255
# developers.cloudflare.com/dns/manage-dns-records/reference/dns-record-types/: the records of one name and type.
LONGEST_CONTENTS = 8192

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
_CAA = re.compile(r'(?P<flags>\d{1,3})\s+(?P<tag>issue|issuewild|iodef)\s+"?(?P<value>[^"]*)"?')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def absolute(name: str, zone: str) -> str:
    """Return the full name, lower case and without the last dot; `@` is the zone itself."""
    name = name.rstrip(".").lower()
    if name in ("@", zone):
        return zone
    return name if name.endswith(f".{zone}") else f"{name}.{zone}"


def strings(content: str) -> list[bytes]:
    """Return the character strings of a TXT record: as quoted by its author, in pieces of at most 255 bytes."""
    quoted = _QUOTED.findall(content) if content.startswith('"') else []
    texts = [re.sub(r"\\(.)", r"\1", text).encode() for text in quoted] or [content.encode()]
    return [
        text[start : start + LONGEST_STRING] for text in texts for start in range(0, max(len(text), 1), LONGEST_STRING)
    ]


def record(given: Mapping[str, Any], zone: str, others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings of a record as Cloudflare stores them.

    Raises RefusalError for what Cloudflare refuses, in itself or beside the zone's other records.
    """
    if not isinstance(given.get("name"), str) or not isinstance(given.get("type"), str):
        raise RefusalError(400, 9207, "Request body is invalid.")
    kind = given["type"].upper()
    if kind not in TYPES:
        raise _invalid(1004, f"DNS record type {kind} is not one that the sandbox serves.")
    proxied = given.get("proxied") or False
    if not isinstance(proxied, bool):
        raise _invalid(9003, "Invalid 'proxied' value, must be a boolean.")
    settings: dict[str, Any] = {
        "name": absolute(given["name"], zone),
        "type": kind,
        "content": _content(kind, given),
        "proxiable": kind in PROXIABLE,
        "proxied": proxied,
        # Cloudflare keeps its own for what it answers itself, whatever it is told.
        "ttl": AUTOMATIC if proxied else given.get("ttl") or AUTOMATIC,
        "comment": given.get("comment"),
        "tags": given.get("tags") or [],
        "settings": given.get("settings") or {},
        "meta": {},
    }
    if kind == "MX":
        settings["priority"] = _priority(given)
    if kind == "CAA":
        settings["data"] = _caa(settings["content"])
    _check_name(settings["name"])
    _check_ttl(settings)
    _check_beside(settings, [other for other in others if other["name"] == settings["name"]])
    return settings


def _invalid(code: int, message: str) -> RefusalError:
    return RefusalError(400, 1004, "DNS Validation Error", cause=(code, message))


def _content(kind: str, given: Mapping[str, Any]) -> str:
    content = given.get("content")
    if kind == "CAA" and content is None:
        content = _caa_content(given.get("data"))
    if not isinstance(content, str) or not content:
        raise RefusalError(400, 9207, "Request body is invalid.")
    if kind == "A" and not _is_address(content, IPv4Address):
        raise RefusalError(400, 9005, "Content for A record must be a valid IPv4 address.")
    if kind == "AAAA":
        if not _is_address(content, IPv6Address):
            raise RefusalError(400, 9006, "Content for AAAA record must be a valid IPv6 address.")
        return str(IPv6Address(content))
    if kind in ("CNAME", "MX", "NS"):
        content = content.rstrip(".").lower()
        if not _HOST.fullmatch(content) or _is_address(content, IPv4Address):
            raise RefusalError(400, 9007, f"Content for {kind} record is invalid.")
    if kind == "CAA" and not _CAA.fullmatch(content):
        raise RefusalError(400, 9007, "Content for CAA record is invalid.")
    return _text(content) if kind == "TXT" else content


def _text(content: str) -> str:
    """Return the content of a TXT record as Cloudflare keeps it: strings that are too long are cut, and quoted then."""
    if content.startswith('"') and _QUOTED.sub("", content).strip():
        raise _invalid(9207, "TXT content must consist of quoted strings.")  # code not verified
    pieces = strings(content)
    whole = _QUOTED.findall(content) if content.startswith('"') else [content]
    if len(pieces) == len(whole):
        return content
    return " ".join('"{}"'.format(re.sub(r'(["\\])', r"\\\1", piece.decode())) for piece in pieces)


def _is_address(text: str, family: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        family(text)
    except ValueError:
        return False
    return True


def _priority(given: Mapping[str, Any]) -> int:
    priority = given.get("priority")
    if not isinstance(priority, int | float):
        raise _invalid(1004, "priority is a required field for an MX record.")
    if not 0 <= priority <= 65535:
        raise _invalid(1004, "priority must be between 0 and 65535.")  # code not verified
    return int(priority)


def _caa_content(data: Any) -> str:
    """Write the content of the fields that the API takes instead; codes not verified."""
    for field in ("flags", "tag", "value"):
        if not isinstance(data, dict) or data.get(field) in (None, ""):
            raise _invalid(9101, f"{field} is a required data field.")
    flags = str(data["flags"])
    if not re.fullmatch(r"\d+(\.0)?", flags) or float(flags) > 255:
        raise _invalid(9101, "flags must be between 0 and 255.")
    if data["tag"] == "iodef" and not re.match(r"(mailto:.+@|https?://).", str(data["value"])):
        raise _invalid(9101, "value of an iodef must be a mailto: or http URL.")
    return f'{int(float(flags))} {data["tag"]} "{data["value"]}"'


def _caa(content: str) -> dict[str, Any]:
    parts = _CAA.fullmatch(content)
    assert parts is not None  # noqa: S101  _content has refused every other form
    return {"flags": int(parts["flags"]), "tag": parts["tag"], "value": parts["value"]}


def _check_name(name: str) -> None:
    if len(name) > 253 or not _HOST.fullmatch(name.removeprefix("*.")):
        raise RefusalError(400, 9000, "DNS name is invalid.")


def _check_ttl(settings: Mapping[str, Any]) -> None:
    ttl = settings["ttl"]
    if settings["proxied"] and not settings["proxiable"]:
        raise _invalid(9004, "This record type cannot be proxied.")
    if ttl != AUTOMATIC and (not isinstance(ttl, int | float) or not 60 <= ttl <= 86400):
        raise _invalid(9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.")


def _check_beside(settings: Mapping[str, Any], neighbours: list[Mapping[str, Any]]) -> None:
    same = ("type", "content", "priority")
    if any(all(other.get(key) == settings.get(key) for key in same) for other in neighbours):
        raise RefusalError(400, 81058, "An identical record already exists.")
    if settings["type"] == "CNAME" and any(other["type"] in PROXIABLE for other in neighbours):
        raise RefusalError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if settings["type"] in ("A", "AAAA") and any(other["type"] == "CNAME" for other in neighbours):
        raise RefusalError(400, 81054, "A CNAME record with that host already exists.")
    alike = [settings, *(other for other in neighbours if other["type"] == settings["type"])]
    if sum(len(record["content"]) for record in alike) > LONGEST_CONTENTS:
        raise _invalid(9207, f"The records of this name and type exceed {LONGEST_CONTENTS} characters.")  # unverified
