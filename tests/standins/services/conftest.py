"""An account at the Cloudflare double."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standins.services.cloudflare_client import Call, new_zone, serve


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return serve(tmp_path / "zones.json")


@pytest.fixture
def zone(call: Call) -> str:
    """Return the path of a zone on the free plan."""
    return new_zone(call)
