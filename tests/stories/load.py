"""Load at a constant rate, whatever the answers: a stall shows as late or lost requests, not as fewer of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.engine import toolchain
from sandbox.visitor import NAMES
from tests.stories.world import World


@dataclass
class Load:
    """What came of a load; filled when it has ended."""

    requests: int
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> dict[str, int]:
        """Return the answers other than 200 by their status; 0 stands for none."""
        answers = {status: count for status, count in self.report["status_codes"].items() if status != "200"}
        missing = self.requests - self.report["requests"]
        return {**answers, **({"not sent": missing} if missing else {})}

    @property
    def errors(self) -> list[str]:
        return list(self.report["errors"])


@contextmanager
def load(world: World, path: str, *, rate: int, seconds: int, folder: Path) -> Iterator[Load]:
    """Send `rate` GETs a second, for so many seconds from the block's start, to our own loopback port."""
    vegeta = str(toolchain.ensure_tool(world.clone, "vegeta"))
    port = world.clone.https_port
    results = folder / "results.bin"
    attack = [
        *(vegeta, "attack", "-rate", str(rate), "-duration", f"{seconds}s", "-timeout", "10s", "-redirects", "-1"),
        *("-root-certs", str(world.clone.platform_ca), "-header", f"Host: {NAMES[0]}"),
        *("-connect-to", f"{NAMES[0]}:{port}:127.0.0.1:{port}", "-output", str(results)),
    ]
    ended = Load(requests=rate * seconds)
    with subprocess.Popen(attack, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(f"GET https://{NAMES[0]}:{port}{path}\n")
        process.stdin.close()
        yield ended
        process.wait(timeout=seconds + 60)
    told = subprocess.run([vegeta, "report", "-type", "json", str(results)], capture_output=True, text=True, check=True)
    ended.report = json.loads(told.stdout)
