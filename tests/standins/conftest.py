"""An account at the Cloudflare double, and the stand-in in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from standins.cloudflare.zone import Zone
from standins.provider.standin import StandIn
from standins.services.cloudflare import on_loopback
from tests.standins.cloudflare_account import TOKEN, ZONE, entered


@pytest.fixture
def cloudflare_url() -> Iterator[str]:
    with on_loopback(TOKEN, plan="pro") as url:
        yield url


@pytest.fixture
def cloudflare(cloudflare_url: str) -> Iterator[StandIn[Any]]:
    made = entered(cloudflare_url)
    yield made
    made.close()


@pytest.fixture
def zone_id(cloudflare: StandIn[Any]) -> str:
    """Return the id of a zone on the pro plan."""
    return Zone(cloudflare).create(ZONE)[0]
