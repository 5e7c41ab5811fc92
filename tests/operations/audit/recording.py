"""What a sandbox's host told once (recorded.json, shortened), in a form that a test may change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from operations.audit.host_findings import Verdict, judged
from operations.audit.translation import Declared
from policies.waivers import Waiver, Waivers

Facts = dict[str, Any]
Change = Callable[[Facts], object]

CANARY = "canary-0f9b2c"
"""A secret; no message may hold it."""


def recorded() -> tuple[Facts, dict[str, Declared]]:
    """Return the facts, and what the stack's state knew of them."""
    read = json.loads(Path(__file__).with_name("recorded.json").read_text())
    return read["facts"], {id_: Declared(*known) for id_, known in read["state"].items()}


def judge(*changes: Change, waived: tuple[Waiver, ...] = (), disabled: tuple[str, ...] = ()) -> Verdict:
    """Judge the recorded host after changes; without the rules that the stack disables."""
    facts, state = recorded()
    for change in changes:
        change(facts)
    configuration = {rule: {"enforcementLevel": "disabled"} for rule in disabled}
    return judged(facts, state, "sandbox", Waivers(waived), configuration)


def container(facts: Facts, name: str) -> dict[str, Any]:
    """Return the container whose name begins so."""
    return dict(next(each for each in facts["containers"] if each["Name"].startswith(f"/{name}")))


def by_hand(
    host: dict[str, Any] | None = None, config: dict[str, Any] | None = None, *, uid: int = 1000, **other: Any
) -> Change:
    """Return the change by which somebody started a container that is good, but for what is given."""

    def change(facts: Facts) -> None:
        mine = json.loads(json.dumps(container(facts, "redis")))
        mine |= {"Id": "hand", "Name": "/hand", "Mounts": [], "State": {"Running": True, "Pid": 99}} | other
        image = mine["Config"]["Image"].replace("redis", "web")
        health = {"Test": ["CMD", "true-enough"]}
        mine["Config"] |= {"Image": image, "Cmd": ["serve"], "Healthcheck": health, **(config or {})}
        mine["HostConfig"] |= {"PortBindings": {}, **(host or {})}
        mine["NetworkSettings"] = {"Ports": {}, "Networks": {"own": {"Aliases": [], "NetworkID": "own"}}} | other.get(
            "NetworkSettings", {}
        )
        facts["containers"].append(mine)
        facts["processes"]["hand"] = [{"pid": 99, "name": "serve", "parent": 1, "uid": uid, "no_new_privileges": True}]

    return change
