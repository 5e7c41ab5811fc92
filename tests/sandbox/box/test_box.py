"""The box gets what the machine allows, and says what stands in its way."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.box import box, ports, resolver
from sandbox.clone import Clone
from sandbox.errors import SandboxError


def test_on_cgroup_v1_systemd_shares_the_machines_hierarchy() -> None:
    groups = box.isolation("1")

    assert groups["cgroupns"] == "host"
    assert "/sys/fs/cgroup" in groups["volumes"]


def test_on_cgroup_v2_systemd_has_a_hierarchy_of_its_own() -> None:
    assert box.isolation("2") == {"cgroupns": "private"}


def test_a_busy_port_is_named_with_its_holder_and_the_setting_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = SimpleNamespace(containers=SimpleNamespace(list=list))
    # Not every machine has an ss.
    (tmp_path / "ss").write_text(
        "#!/bin/sh\necho 'LISTEN 0 5 127.0.0.1:24800 0.0.0.0:* users:((\"python3\",pid=4711,fd=3))'\n"
    )
    (tmp_path / "ss").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setenv("SANDBOX_PORT_BASE", str(port))

        with pytest.raises(SandboxError) as caught:
            ports.require_free(client, Clone(root=tmp_path))

    assert f"port {port} on 127.0.0.1" in caught.value.problem
    assert "python3 (process 4711)" in caught.value.problem
    assert "SANDBOX_PORT_BASE" in caught.value.mend


def test_a_container_that_holds_a_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        held = SimpleNamespace(name="other", labels={}, ports={"80/tcp": [{"HostPort": str(port)}], "9/tcp": None})
        client: Any = SimpleNamespace(containers=SimpleNamespace(list=lambda: [held]))
        monkeypatch.setenv("SANDBOX_PORT_BASE", str(port))

        with pytest.raises(SandboxError, match="container other publishes it"):
            ports.require_free(client, Clone(root=tmp_path))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["search lan\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"], "nameserver 192.0.2.1\nnameserver 192.0.2.2\n"),
        (["nameserver 192.0.2.1\n", "nameserver 127.0.0.53\n"], "nameserver 192.0.2.1\n"),
        (["nameserver 127.0.0.53\n"], "nameserver 127.0.0.11\n"),
        (["nameserver fe80::1%eth0\nnameserver 192.0.2.1\n"], "nameserver 192.0.2.1\n"),
        ([], "nameserver 127.0.0.11\n"),
    ],
)
def test_the_box_asks_servers_that_are_the_same_in_a_container(texts: list[str], expected: str) -> None:
    assert resolver.render(texts) == expected
