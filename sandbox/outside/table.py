"""The table of the services outside the VPS, their names, and the accounts that they know."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.files import PRIVATE, write
from sandbox.clone import Clone

REGISTRY_USER = "neurmatic"
"""Who the registry lets in, as the committed stack file says it."""

_GUNICORN = ("gunicorn", "--config", "python:standins.services.gunicorn_settings")
_DOUBLES = "standins.services"


@dataclass(frozen=True)
class Service:
    """One service: its container listens for https on port 443 of its address."""

    name: str
    address: str
    command: tuple[str, ...]
    health: str
    """Path that answers when the service works."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files of this machine by their place in the container, where they are read-only."""
    environment: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False
    """Whether /data is a volume that outlives the container."""
    port: int | None = None
    """Port of 127.0.0.1 that reaches it as well."""


def table(clone: Clone, pebble: Path) -> tuple[Service, ...]:
    """Return all services of a clone; `pebble` is the ACME server's binary."""
    return (
        Service("s3", clone.s3, (*_GUNICORN, f"{_DOUBLES}.s3:application"), "/moto-api/"),
        Service(
            "cloudflare",
            clone.cloudflare,
            (*_GUNICORN, f"{_DOUBLES}.cloudflare:application()"),
            "/health",
            files={"/run/secrets/cloudflare_api_token": _token_file(clone)},
            keeps=True,
        ),
        Service(
            "acme",
            clone.acme,
            ("pebble", "-config", "/etc/outside/pebble.json", "-dnsserver", f"{clone.cloudflare}:53"),
            "/dir",
            files={"/usr/local/bin/pebble": pebble},
            # It validates at once instead of after random seconds, and refuses no nonce at random: certbot tries a
            # request twice, and one of four hundred would be refused both times.
            environment={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
        ),
        Service(
            "registry",
            clone.registry,
            ("docker-registry", "serve", "/etc/outside/registry.yml"),
            "/",
            files={"/run/secrets/htpasswd": logins_file(clone)},
            keeps=True,
            port=clone.registry_port,
        ),
        Service("webhooks", clone.webhooks, (*_GUNICORN, f"{_DOUBLES}.webhooks:application()"), "/health"),
    )


def names(clone: Clone) -> tuple[str, ...]:
    """Return the names of all services."""
    return tuple(service.name for service in table(clone, pebble=Path()))


def container_name(clone: Clone, service: str) -> str:
    """Return the name of a service's container."""
    return f"{clone.name}-{service}"


def cloudflare_token(clone: Clone) -> str:
    """Return the API token that this clone's Cloudflare accepts; made once."""
    return _made_once(_token_file(clone))


def registry_token(clone: Clone) -> str:
    """Return the token that this clone's registry accepts of REGISTRY_USER; made once."""
    return _made_once(clone.state / "outside" / "registry_token")


def logins_file(clone: Clone) -> Path:
    """Return the file of who may use the registry."""
    return clone.state / "outside" / "htpasswd"


def _token_file(clone: Clone) -> Path:
    return clone.state / "outside" / "cloudflare_api_token"


def _made_once(file: Path) -> str:
    if not file.exists():
        write(file, secrets.token_urlsafe(30).encode(), PRIVATE)
    return file.read_text()
