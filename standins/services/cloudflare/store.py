"""The account: a JSON document that survives restarts; a change is seen and written whole, or not at all."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any


class Store:
    """One document in one file; a new one holds no zone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"zones": {}}

    def read(self) -> dict[str, Any]:
        """Return the current document, which the caller must not change."""
        return self._document

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield a copy to change; it replaces the document when the block ends without an exception."""
        with self._lock:
            draft = copy.deepcopy(self._document)
            yield draft
            self._write(draft)
            self._document = draft

    def _write(self, document: dict[str, Any]) -> None:
        draft = self._path.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
