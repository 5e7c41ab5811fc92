"""What the owner's short commands start, and what they say when there is nothing to start."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import access, page
from sandbox.box import keys, shell
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.outside import table
from sandbox.workspace import Workspace
from tests.some import some


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.delenv("SANDBOX_PORT_BASE", raising=False)
    return Clone(tmp_path)


def on_the_box(argv: list[str]) -> str:
    """Return the line that ssh has a shell of the box run."""
    *before, line = argv
    assert before[-2:] == ["vps", "--"]
    return line


@pytest.mark.parametrize("folder", ["plain", "two words", "100%h", "ünï"])
def test_ssh_finds_the_box_by_its_name_wherever_the_clone_lies(tmp_path: Path, folder: str) -> None:
    clone = Clone(tmp_path / folder)
    keys.ensure(clone)

    read = subprocess.run(["ssh", "-G", "-F", clone.ssh_config, "vps"], capture_output=True, text=True, check=True)

    options = dict(line.split(" ", 1) for line in read.stdout.splitlines() if " " in line)
    assert (options["hostname"], options["port"], options["user"]) == ("127.0.0.1", str(clone.ssh_port), "root")
    assert Path(options["identityfile"].replace("%%", "%")).exists()
    assert Path(options["userknownhostsfile"].strip('"').replace("%%", "%")).exists()
    assert options["stricthostkeychecking"] in {"true", "yes"}


def test_a_command_goes_to_the_vps_as_it_was_typed_and_without_one_there_is_a_shell(clone: Clone) -> None:
    typed = """-x "$HOME" 'a  b' `id` ; ls"""

    assert access.on_the_vps(clone, typed) == [*shell.ssh(clone), "--", typed]
    assert access.on_the_vps(clone, "") == shell.ssh(clone)


def test_the_log_of_every_part_is_asked_for_where_the_part_runs(clone: Clone) -> None:
    shown = {part: on_the_box(access.log(clone, part, follow=False)) for part in ("database", "vps")}

    assert shown["database"] == "docker logs --tail 100 postgres"
    assert shown["vps"] == "journalctl --no-pager --lines 100"
    for name in some(table.names(clone)):
        assert access.log(clone, name, follow=False) == ["docker", "logs", "--tail", "100", f"{clone.name}-{name}"]


@pytest.mark.parametrize("follow", [False, True])
def test_the_log_of_a_service_is_that_of_its_newest_containers_the_dead_included_and_the_newest_last(
    clone: Clone, tmp_path: Path, follow: bool
) -> None:
    names = " ".join(f"application-backend-1a2b3c4.{slot}.{task}" for task in "cba" for slot in (2, 1))
    (docker := tmp_path / "docker").write_text(
        f"""#!/bin/sh
case "$1 $*" in
ps*--all*name=^application-backend*) printf '%s\\n' {names} ;;
logs*) for last; do :; done; echo "said by $last" >&2 ;;
esac
"""
    )
    docker.chmod(0o755)

    shown = subprocess.run(
        ["sh", "-c", on_the_box(access.log(clone, "backend", follow))],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = [f"{name} | said by {name}" for name in reversed(names.split()[:4])]
    assert (sorted(shown.stdout.splitlines()) == sorted(lines)) if follow else (shown.stdout.splitlines() == lines)


def test_a_log_that_is_followed_has_a_terminal_by_which_it_can_be_left(clone: Clone) -> None:
    argv = access.log(clone, "nginx", follow=True)

    assert on_the_box(argv) == "docker logs --tail 100 --follow nginx"
    assert "-t" in argv


@pytest.mark.parametrize("part", ["", "backends", "; ls"])
def test_a_part_that_is_not_there_is_refused_with_all_that_are(clone: Clone, part: str) -> None:
    with pytest.raises(SandboxError) as refused:
        access.log(clone, part, follow=False)

    parts = refused.value.mend.partition("PART=")[2].split("|")
    assert {"backend", "frontend", "load-balancer", "database", "cache", "vps", *table.names(clone)} <= set(parts)
    assert all(access.log(clone, known, follow=False) for known in some(parts))


def test_a_person_gets_a_terminal_at_the_database_and_a_script_ends_at_its_first_error(clone: Clone) -> None:
    person, script = access.database(clone, person=True), access.database(clone, person=False)

    assert "-t" in person
    assert "--tty" in shlex.split(on_the_box(person))
    assert "-t" not in script
    assert "--tty" not in shlex.split(on_the_box(script))
    assert shlex.split(on_the_box(script))[-1] == 'exec psql --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1'


def test_a_sandbox_that_was_never_set_up_is_told_with_the_mend(clone: Clone) -> None:
    commands: list[Callable[[], None]] = [
        lambda: access.ssh(clone, "docker ps"),
        lambda: access.logs(clone, "backend", follow=False),
        lambda: access.logs(clone, "s3", follow=False),
        lambda: access.psql(clone),
        lambda: page.open_page(clone),
    ]
    for command in some(commands):
        with pytest.raises(SandboxError, match="the sandbox is not up") as refused:
            command()
        assert refused.value.mend == "run `make up`"


def test_a_vps_that_does_not_answer_is_told_with_the_mend(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "require_up", lambda _: None)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("SANDBOX_PORT_BASE", str(held.getsockname()[1]))

        with pytest.raises(SandboxError, match="does not answer on port") as refused:
            access.ssh(clone, "docker ps")

    assert refused.value.mend == "run `make up`"


def test_a_browser_finds_every_name_at_this_machine_and_trusts_the_key_that_was_verified(clone: Clone) -> None:
    argv = page.browser(clone, "chromium", "profile", "c2hh")

    assert "--host-resolver-rules=MAP neurmatic.com 127.0.0.1,MAP www.neurmatic.com 127.0.0.1" in argv[2]
    assert "--ignore-certificate-errors-spki-list=c2hh" in argv
    assert argv[-1] == f"https://neurmatic.com:{clone.https_port}/"


def test_without_a_display_it_is_told_what_to_type(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(page, "require_answer", lambda *_: None)
    monkeypatch.setattr(page, "_key", lambda _: "c2hh")

    page.open_page(clone)

    told = capsys.readouterr().err
    assert f"ssh -N -L {clone.https_port}:127.0.0.1:{clone.https_port} " in told
    assert shlex.join(page.browser(clone, "chromium", clone.name, "c2hh")) in told


def test_what_shows_a_sandbox_loads_neither_docker_nor_the_settings() -> None:
    """Both together take a second of who only asks for an address."""
    heavy = {"docker", "pulumi", "settings"}
    code = f"import sys, sandbox.__main__, sandbox.access; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
