"""What the host tells of itself: read from programs that say what they say there, and never more than it should."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from operations.audit import collector
from operations.audit.host import FOLDERS
from tests.operations.audit.recording import CANARY

SS = """\
udp UNCONN 0      0         0.0.0.0:4789  0.0.0.0:*
udp UNCONN 0      0      127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=5,fd=13))
tcp LISTEN 0      128          [::]:22       [::]:* users:(("sshd",pid=1127,fd=4))
tcp LISTEN 0      128             *:80          *:*
"""


def program(folder: Path, name: str, text: str = "", code: int = 0) -> None:
    """Put a program on PATH that prints this."""
    (folder / f"{name}.out").write_text(text)
    (folder / name).write_text(f'#!/bin/sh\ncat "{folder}/{name}.out"; echo {CANARY} >&2; exit {code}\n')
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_sockets_are_read_with_their_addresses_as_they_are(path: Path) -> None:
    program(path, "ss", SS)

    assert [(each["protocol"], each["address"], each["port"], each["process"]) for each in collector.sockets()] == [
        ("udp", "0.0.0.0", 4789, None),  # noqa: S104
        ("udp", "127.0.0.53", 53, "systemd-resolve"),
        ("tcp", "::", 22, "sshd"),
        ("tcp", "*", 80, None),
    ]


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [(1, SS, "ss exited with 1"), (0, f"tcp {CANARY}", "ValueError")],
)
def test_what_cannot_be_read_is_told_with_why_and_without_what_was_printed(
    path: Path, code: int, text: str, why: str
) -> None:
    program(path, "ss", text, code)

    assert collector.fact(collector.sockets) == {"unread": why}


def test_a_program_that_is_not_there_is_told() -> None:
    assert collector.fact(collector.ask, "no-such-program") == {"unread": "there is no no-such-program"}


def test_settings_of_sshd_may_stand_more_than_once(path: Path) -> None:
    program(path, "sshd", "Port 22\nport 2222\npasswordauthentication no\n")

    assert collector.sshd() == {"port": ["22", "2222"], "passwordauthentication": ["no"]}


def test_files_are_told_by_mode_and_owner_and_the_folder_itself_too(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir(mode=0o700)
    (tmp_path / "below" / "secret").write_text(CANARY)
    (tmp_path / "below" / "secret").chmod(0o440)
    (tmp_path / "link").symlink_to("/etc")

    told = collector.files(str(tmp_path))

    assert CANARY not in json.dumps(told)
    assert {(each["path"].removeprefix(str(tmp_path)), each["kind"]) for each in told} == {
        ("", "folder"),
        ("/below", "folder"),
        ("/below/secret", "file"),
        ("/link", "other"),
    }
    assert [each["mode"] for each in told if each["path"].endswith("secret")] == [0o440]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert collector.fact(collector.files, str(tmp_path / "none")) == {"unread": "FileNotFoundError"}


def test_a_containers_own_processes_are_those_below_its_first() -> None:
    known: dict[int, dict[str, Any]] = {
        pid: {"name": str(pid), "parent": parent, "uid": 0}
        for pid, parent in ((1, 0), (9, 1), (10, 9), (11, 10), (12, 1))
    }

    assert [each["pid"] for each in collector.family(9, known)] == [9, 10, 11]
    assert collector.fact(collector.family, 99, known) == {"unread": "its first process is not there"}


def test_of_users_no_password_and_no_hash_is_told() -> None:
    text = f"# {CANARY}\nuser a on #{CANARY} >{CANARY} <{CANARY} !{CANARY} ~* +@all\nuser default off\n"

    told = collector.users(text)

    assert CANARY not in told
    assert told.splitlines() == ["user a on # > < ! ~* +@all", "user default off"]


def test_of_secrets_only_the_servers_are_told_that_they_open(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "secrets"
    folder.mkdir(parents=True)
    (folder / "URL").write_text(f"postgresql://user:{CANARY}@Postgres:5432/x")
    (folder / "DSN").write_text(f"host=redis password={CANARY}")
    (folder / "KEY").write_text(f"a@{CANARY}:b")

    told = collector.opened(tmp_path, {"postgres", "redis"})

    assert told == {"DSN": ["redis"], "KEY": [], "URL": ["postgres"]}


def test_it_runs_by_itself_on_an_older_python_and_tells_all_facts(path: Path) -> None:
    """Without Docker, as here, it tells so; nothing but JSON is printed."""
    program(path, "docker", CANARY, 1)
    text = Path(collector.__file__).read_text()

    done = subprocess.run(
        [sys.executable, "-I", "-", *FOLDERS], input=text, capture_output=True, text=True, check=True, timeout=60
    )
    told = json.loads(done.stdout)

    assert told["containers"] == {"unread": "docker container exited with 1"}
    assert set(told) >= {"sockets", "files", "daemon", "swarm", "postgres", "redis", "nginx", "processes"}
    assert CANARY not in done.stdout
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        + ([each.name for each in node.names] if isinstance(node, ast.Import) else [])
    }
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("word", ["write_text", "unlink", "chmod(", "mkdir", "rename", "restart", '"rm"', '"run"'])
def test_it_changes_nothing(word: str) -> None:
    assert word not in Path(collector.__file__).read_text()
