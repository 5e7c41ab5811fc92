"""What only the owners of accounts and hosts know, and a committed stack file therefore leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from settings import IMAGES, PROJECT, ImageName

# Addresses and names that belong to nobody (RFC 5737, RFC 6761).
OWNERS = {
    "host.ipv4": "192.0.2.10",
    "host.address": "vps.invalid",
    "dns.account_id": "0" * 32,
    "mail.sendgrid": {"subdomain": "em0000", "account": "u0000000.wl000"},
}
"""What is set by the commands of docs/going-live.md, by its path."""


def fill(config: dict[str, Any], values: dict[str, Any]) -> list[str]:
    """Set what the configuration does not set, by the settings' paths; return the paths that were set."""
    missing = [path for path in values if read(config, path) is None]
    for path in missing:
        put(config, path, values[path])
    return missing


def pin(config: dict[str, Any], digest: Callable[[ImageName], str]) -> list[str]:
    """Give every image that has no digest one; return the paths of these images."""
    pinned = []
    for path in IMAGES.values():
        image = ImageName.parsed(str(read(config, path)))
        if image is not None and image.digest is None:
            put(config, path, str(image._replace(digest=digest(image))))
            pinned.append(path)
    return pinned


def read(config: dict[str, Any], path: str) -> Any:
    """Return what is set at a path, None where nothing is."""
    section, *names = path.split(".")
    value = config.get(f"{PROJECT}:{section}")
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put(config: dict[str, Any], path: str, value: object) -> None:
    """Set a setting by its path."""
    section, *names = path.split(".")
    target, key = config, f"{PROJECT}:{section}"
    for name in names:
        target, key = target.setdefault(key, {}), name
    target[key] = value
