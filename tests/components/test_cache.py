"""The file of Redis's users: who is in it, and that Redis reads it whenever it runs."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from components.login import login
from components.script import FILES
from components.script import text as script_text

USERS = (FILES / "users.acl").read_text().strip()


@dataclass(frozen=True)
class Host:
    """A host whose Docker notes what it is asked for."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "secrets" / "users.acl"

    @property
    def logins(self) -> list[str]:
        return re.findall(r"^user (neurmatic_\w+) on #[0-9a-f]{64} ", self.file.read_text(), re.MULTILINE)

    @property
    def asked(self) -> str:
        return (self.folder / "asked").read_text()

    def run(self, password: str, others: str, *, running: str = "true", starting: bool = False) -> str:
        """Run the script and return what it printed."""
        (self.folder / "asked").write_text("")
        docker = self.folder / "docker"
        loading = self.folder / "loading"
        if starting:
            loading.touch()
        docker.write_text(
            f"#!/bin/sh\ncase $* in *inspect*) echo {running} ;;"
            f" *) echo $* >>{self.folder}/asked; if [ -e {loading} ]; then rm {loading}; exit 1; fi ;; esac\n"
        )
        docker.chmod(0o755)
        values = {
            "CONTAINER": "redis",
            "DIRECTORY": self.file.parent,
            "OTHERS": others,
            "OWNER": "neurmatic",
            "USER_ID": os.getuid(),
            "USERS": USERS,
        }
        return subprocess.run(
            ["sh", "-s", "cache-login.sh"],
            input=script_text("cache-login.sh", values, password),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
        ).stdout


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_new_password_is_let_in_beside_the_old_one_and_then_alone(host: Host) -> None:
    first, beside, alone = (
        host.run(password, others).split()
        for password, others in [("old canary", "kept"), ("new canary", "kept"), ("new canary", "gone")]
    )

    assert first == [login("old canary")]
    assert sorted(beside) == sorted([login("old canary"), login("new canary")])
    assert alone == host.logins == [login("new canary")]
    assert host.file.read_text().splitlines()[:-1] == USERS.splitlines()


def test_the_file_holds_no_password_and_is_for_redis_alone(host: Host) -> None:
    host.run("canary", "kept")

    assert "canary" not in host.file.read_text()
    assert sha256(b"canary").hexdigest() in host.file.read_text()
    assert host.file.stat().st_mode & 0o777 == 0o400


def test_redis_reads_its_users_again_even_when_an_interrupted_run_wrote_them(host: Host) -> None:
    host.run("canary", "kept")
    host.run("canary", "kept")

    assert host.asked == "exec redis redis-cli -e --user reload --pass none --no-auth-warning ACL LOAD\n"


def test_a_redis_that_is_still_starting_is_asked_again(host: Host) -> None:
    host.run("canary", "kept", starting=True)

    assert len(host.asked.splitlines()) == 2


def test_without_a_running_redis_the_file_waits_for_its_start(host: Host) -> None:
    host.run("canary", "kept", running="false")

    assert (host.logins, host.asked) == ([login("canary")], "")


def test_in_redis_nobody_without_a_password_may_do_more_than_say_pong_and_read_the_file() -> None:
    assert re.findall(r"^user (\w+) .*?((?:[+]\S+ ?)+)?$", USERS, re.MULTILINE) == [
        ("default", ""),
        ("health", "+ping"),
        ("reload", "+acl|load"),
    ]
    assert USERS.startswith("user default off\n")
