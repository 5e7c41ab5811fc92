"""Keeps what was read off an SDK: importing one costs a plugin more time than all the rest of a preview."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from sandbox.clone import Clone
from sandbox.files import write

Schema = TypeVar("Schema")
_lock = threading.Lock()


def cached(location: str, reader: Path, read: Callable[[], Schema]) -> Schema:
    """Return what `read` makes of an SDK's class at `package.module:Class`, from the cache if it was read before.

    Another version of the SDK or of Python, and another text of the module `reader`, are read anew. A cache that
    cannot be read or written costs time alone.
    """
    package = location.partition(":")[0].partition(".")[0]
    made_by = hashlib.sha256(reader.read_bytes() + sys.version.encode()).hexdigest()[:12]
    file = Clone().cache / "schemas" / f"{package}-{version(package)}-{made_by}" / f"{location}.pickle"
    with _lock:
        # Whatever a damaged file raises: pickle names no end of errors.
        with suppress(Exception):
            return pickle.loads(file.read_bytes())  # type: ignore[no-any-return]  # noqa: S301  our own, as private as the engine beside it
        schema = read()
        with suppress(OSError):
            # Another plugin may be writing the same.
            unfinished = file.with_name(f"{file.name}.{os.getpid()}")
            write(unfinished, pickle.dumps(schema))
            unfinished.replace(file)
        return schema
