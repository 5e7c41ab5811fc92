"""The status page, as a person sees it in a browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox import packages
from sandbox.clone import Clone
from sandbox.visitor import NAMES
from tests.stories.world import World, run

pytestmark = pytest.mark.story

# Without the display, and without the requests that a browser makes of its own accord.
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--virtual-time-budget=8000",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return a Chromium; Debian's is installed where there is none and root runs the tests."""
    found = shutil.which("google-chrome")
    if found is None:
        packages.ensure(Clone(), "chromium", "chromium", mend="install Chromium or Google Chrome")
    return found or "chromium"


def test_the_status_page_shows_every_service_up_and_the_release(world: World, chromium: str, tmp_path: Path) -> None:
    options = [
        *QUIET,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--host-resolver-rules=MAP {NAMES[0]} 127.0.0.1",
        "--ignore-certificate-errors",  # Chromium takes no CA file; that the certificate is right is shown elsewhere
    ]
    page = f"https://{NAMES[0]}:{world.clone.https_port}/"
    picture = world.clone.state / "status-page.png"

    shown = run([chromium, *options, "--dump-dom", page], tmp_path).stdout
    run([chromium, *options, f"--screenshot={picture}", page], tmp_path)

    text = shown.lower()
    assert all(word in text for word in ("healthy", "database", "redis", "queues", "memory", "v1.0.0")), shown
    assert picture.stat().st_size > 10_000
