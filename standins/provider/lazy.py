"""Modules that are imported at their first use: a preview asks a plugin nothing that needs its client's library."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyModule:
    """Stands for a module until something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return what the module calls so."""
        return getattr(import_module(self._name), attribute)
