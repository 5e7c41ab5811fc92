"""A mock engine that makes what a program declares, through a stand-in: `pulumi up` without an engine."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from contextlib import closing
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

from standins.provider.standin import StandIn
from tests.engine import _plain
from tests.standins.driver import Engine


class _Making(Mocks):
    def __init__(self, provider: StandIn[Any]) -> None:
        self._provider = provider
        self.made: dict[str, dict[str, Any]] = {}

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(f"{args.token} asks the outside")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if not args.typ.startswith(f"{self._provider.name}:"):
            return args.name, dict(args.inputs)
        engine = Engine(self._provider, args.typ, args.name)
        resource_id, state = engine.create(engine.inputs(_plain(args.inputs)))
        self.made[args.name] = {**state.values, "id": resource_id}
        return resource_id, state.values


def applied(program: Callable[[], None], provider: StandIn[Any]) -> dict[str, dict[str, Any]]:
    """Make all that the program declares of this provider; return each one's state, its id in it, by its name."""
    making = _Making(provider)

    def run() -> None:
        with closing(asyncio.new_event_loop()) as loop:
            asyncio.set_event_loop(loop)
            set_mocks(making, "neurmatic", "sandbox", preview=False)
            loop.run_until_complete(run_pulumi_func(program))

    contextvars.copy_context().run(run)
    return making.made
