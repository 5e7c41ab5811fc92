"""A stack's file whose secrets are read without an engine."""

from __future__ import annotations

import pytest

from operations.errors import OperationError
from operations.secrets.stack_file import Contents, StackFile


def opened(monkeypatch: pytest.MonkeyPatch, secret: str, value: str | None) -> None:
    """Let the file show this value of a secret, or none at all, as with another passphrase."""

    def read(_: StackFile, *, values: bool) -> Contents:
        assert values
        if value is None:
            raise OperationError("pulumi config --json: incorrect passphrase; nothing was changed", "export X=…")
        return Contents((), {secret: value}, frozenset(), {}, {}, 180)

    monkeypatch.setattr(StackFile, "read", read)
