"""Mends what a killed `pulumi` leaves behind: its lock, and objects that it made but had no time to note."""

from __future__ import annotations

import json
import time
from pathlib import Path

from sandbox import half_made
from sandbox.clone import Clone
from sandbox.engine import toolchain
from sandbox.errors import SandboxError
from sandbox.stack import Stack
from sandbox.steps import say
from standins.provider.lifetime import all_have_ended

# A deployment of the whole sandbox takes less; who holds the lock for longer is stuck.
PATIENCE_SECONDS = 600


def recover(clone: Clone, stack: Stack) -> None:
    """Bring the stack into a state from which `pulumi up` goes on."""
    _wait_for_lock(clone)
    if not all_have_ended(toolchain.ensure_plugins(clone), PATIENCE_SECONDS):
        raise SandboxError("plugins of an earlier run are still at work", "wait for them to end, or end them")
    state = stack.export()
    interrupted = state["deployment"].pop("pending_operations", None) or []
    for operation in interrupted:
        resource = operation["resource"]
        say(f"   an earlier run was stopped while {operation['type']} {resource['urn'].rsplit('::', 1)[-1]}")
        if operation["type"] == "creating":
            half_made.remove(clone, resource["type"], resource.get("inputs", {}))
    if interrupted:
        stack.restore(state)


def _wait_for_lock(clone: Clone) -> None:
    """Remove the locks of processes that are gone; wait for those of living ones."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    announced = False
    while holders := lock_holders(clone):
        if time.monotonic() > deadline:
            raise SandboxError(
                f"another pulumi (process {holders[0]}) holds the stack's lock", "wait for it to end, or end it"
            )
        if not announced:
            say(f"   waiting for another pulumi (process {holders[0]}) to end")
            announced = True
        time.sleep(1)


def lock_holders(clone: Clone) -> list[int]:
    """Return the living processes that hold the stack's lock; locks of dead ones are removed."""
    living = []
    for lock in (clone.state / ".pulumi" / "locks").rglob("*.json"):
        try:
            process = int(json.loads(lock.read_text())["pid"])
        except FileNotFoundError:
            continue  # its holder has ended meanwhile
        if _is_pulumi(process):
            living.append(process)
        else:
            lock.unlink(missing_ok=True)
    return living


def _is_pulumi(process: int) -> bool:
    """Tell whether this process is a pulumi: after a reboot, the number of one that is gone may be anybody's."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip() == "pulumi"
    except OSError:
        return False
