"""A service outside the VPS that does not come up is named at once, with what it said last."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.outside import authority, services, table


def test_a_service_that_has_ended_is_not_waited_for(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    authority.ensure(clone)
    looks: list[None] = []
    ended: Any = SimpleNamespace(
        name="it-s3", status="exited", reload=lambda: looks.append(None), logs=lambda **_: b"begun\nno such file\n"
    )
    # On port 443 of an address of the loopback nobody listens.
    service = table.Service("s3", "127.0.0.143", ("serve",), "/health")

    with pytest.raises(SandboxError, match=r"health does not answer: the container it-s3 is exited") as refused:
        services.wait(clone, service, ended, deadline=monotonic() + services.ANSWER_SECONDS)

    assert len(looks) == 1
    assert "    begun\n    no such file" in refused.value.problem
    assert "docker logs it-s3" in refused.value.mend
