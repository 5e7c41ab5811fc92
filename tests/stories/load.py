"""Load at a constant rate, whatever the answers: a stall shows as late or lost requests, not as fewer of them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.engine import toolchain
from sandbox.visitor import NAMES
from tests.stories.world import DEADLINE_SECONDS, World


@dataclass
class Load:
    """What came of a load; filled when it has ended."""

    report: dict[str, Any] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return int(self.report["requests"])

    @property
    def lost(self) -> dict[str, int]:
        """Return the answers other than 200 by their status; 0 stands for none."""
        return {status: count for status, count in self.report["status_codes"].items() if status != "200"}

    @property
    def errors(self) -> list[str]:
        return list(self.report["errors"])


@contextmanager
def load(world: World, path: str, *, rate: int, folder: Path) -> Iterator[Load]:
    """Send `rate` GETs a second to our own loopback port, from the block's start to its end."""
    vegeta = str(toolchain.ensure_tool(world.clone, "vegeta"))
    port = world.clone.https_port
    results = folder / "results.bin"
    attack = [
        *(vegeta, "attack", "-rate", str(rate), "-duration", "0", "-timeout", "30s"),
        *("-redirects", "-1", "-root-certs", str(world.clone.platform_ca), "-header", f"Host: {NAMES[0]}"),
        *("-connect-to", f"{NAMES[0]}:{port}:127.0.0.1:{port}", "-output", str(results)),
    ]
    under_load = Load()
    with subprocess.Popen(attack, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(f"GET https://{NAMES[0]}:{port}{path}\n")
        process.stdin.close()
        try:
            yield under_load
            assert process.poll() is None, "the load ended before what it was to be seen through"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(DEADLINE_SECONDS)  # for what is under way
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    printed = subprocess.run([vegeta, "report", "-type", "json", results], capture_output=True, text=True, check=True)
    under_load.report = json.loads(printed.stdout)
    assert under_load.requests > rate, "there was no load to speak of"
