"""What many tests look at: the whole program, declared once."""

from __future__ import annotations

import gc
import runpy

import hypothesis
import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]  # brings no types

from tests.engine import ROOT, Declared, declare, stack_config
from tests.groups import ByGroup

# The same examples at every run: what a change did not cause may not refuse it.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile("same")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup | None:
    """Run stories beside each other as their groups allow."""
    return ByGroup(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_collection_finish() -> None:
    """Search for garbage not among what the imports made: it took a twelfth of the unit tests' time."""
    gc.freeze()


def run_main() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Declare the whole program once, with the sandbox's configuration."""
    return declare(run_main, stack_config("sandbox", tmp_path_factory.mktemp("keys")))


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Declare what production is, with values of nobody's for what only its owners know."""
    keys = tmp_path_factory.mktemp("keys")
    return declare(run_main, stack_config("production", keys), stack="production")


@pytest.fixture(scope="session")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Declare what staging is, likewise."""
    keys = tmp_path_factory.mktemp("keys")
    return declare(run_main, stack_config("staging", keys), stack="staging")


@pytest.fixture(scope="session")
def previewed(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Declare the same as a first preview does, in which ids are unknown."""
    return declare(run_main, stack_config("sandbox", tmp_path_factory.mktemp("keys")), preview=True)
