"""The box's keys are made once, private, and known before the box is there."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.box import keys
from sandbox.clone import Clone


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(root=tmp_path)
    keys.ensure(made)
    return made


def test_private_keys_are_their_owners_alone_and_are_kept(clone: Clone) -> None:
    before = [path.read_bytes() for path in (clone.ssh_key, clone.ssh_host_key)]

    keys.ensure(clone)

    assert [path.read_bytes() for path in (clone.ssh_key, clone.ssh_host_key)] == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in (clone.ssh_key, clone.ssh_host_key)} == {0o600}


def test_a_run_that_was_killed_after_the_private_key_is_completed(clone: Clone) -> None:
    clone.ssh_host_key.with_suffix(".pub").unlink()
    clone.known_hosts.unlink()

    keys.ensure(clone)

    public = clone.ssh_host_key.with_suffix(".pub").read_text().strip()
    assert f"[127.0.0.1]:{clone.ssh_port} {public}" in clone.known_hosts.read_text()


def test_known_hosts_follow_the_port(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PORT_BASE", "31000")

    keys.ensure(clone)

    assert "[127.0.0.1]:31000 ssh-ed25519 " in clone.known_hosts.read_text()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's own reading of the keys needs OpenSSH")
def test_openssh_reads_the_keys_and_finds_the_host(clone: Clone) -> None:
    derived = subprocess.run(["ssh-keygen", "-y", "-f", clone.ssh_key], capture_output=True, text=True, check=True)
    found = subprocess.run(
        ["ssh-keygen", "-F", f"[127.0.0.1]:{clone.ssh_port}", "-f", clone.known_hosts], capture_output=True, check=False
    )

    assert derived.stdout.strip() == keys.public(clone.ssh_key)
    assert found.returncode == 0
