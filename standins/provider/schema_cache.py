"""Keeps what was read off an SDK: importing one costs a plugin more time than all the rest of a preview."""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import sys
import threading
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from operations import files
from standins.provider.schema import Object

# Not imported before something has to be read.
_READER = "standins.provider.sdk"
_READERS = ("schema.py", "sdk.py")
_lock = threading.Lock()


@cache
def accepted(location: str) -> Object:
    """Return what an SDK's class of arguments or function takes, from the cache if it was read before.

    The location is `package.module:ClassArgs` or `package.module:get_something_output`. Another version of the SDK or
    of Python, and another text of what reads it, are read anew. A cache that cannot be used costs time alone.
    """
    package = location.partition(":")[0].partition(".")[0]
    readers = b"".join(Path(__file__).with_name(name).read_bytes() for name in _READERS)
    made_by = hashlib.sha256(readers + sys.version.encode()).hexdigest()[:12]
    file = files.cache() / "schemas" / f"{package}-{version(package)}-{made_by}" / f"{location}.pickle"
    with _lock:
        # Whatever a damaged file raises: pickle names no end of errors.
        with suppress(Exception):
            return pickle.loads(file.read_bytes())  # type: ignore[no-any-return]  # noqa: S301  our own, as private as the engine beside it
        schema: Object = importlib.import_module(_READER).read(location)
        with suppress(OSError):
            # Another plugin may be writing the same.
            unfinished = file.with_name(f"{file.name}.{os.getpid()}")
            files.write(unfinished, pickle.dumps(schema))
            unfinished.replace(file)
        return schema
