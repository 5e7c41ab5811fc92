from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox import recovery
from sandbox.clone import Clone


def put_lock(clone: Clone, process: int) -> Path:
    lock = clone.state / ".pulumi" / "locks" / "organization" / "neurmatic" / "sandbox" / "1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": process, "username": "root", "hostname": "here"}))
    return lock


def test_the_lock_of_a_pulumi_that_was_killed_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lock = put_lock(Clone(tmp_path), ended.pid)

    assert recovery.lock_holders(Clone(tmp_path)) == []
    assert not lock.exists()


def test_the_lock_of_a_pulumi_that_runs_is_respected(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho started\nread _\n")
    pulumi.chmod(0o755)
    with subprocess.Popen([pulumi], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        lock = put_lock(Clone(tmp_path), running.pid)

        holders = recovery.lock_holders(Clone(tmp_path))

    assert holders == [running.pid]
    assert lock.exists()


def test_a_lock_whose_process_number_went_to_another_program_is_removed(tmp_path: Path) -> None:
    lock = put_lock(Clone(tmp_path), os.getpid())

    assert recovery.lock_holders(Clone(tmp_path)) == []
    assert not lock.exists()
