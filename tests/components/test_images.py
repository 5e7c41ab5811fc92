"""The script that has images on the host, run with a Docker of a few lines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from components.script import text as script_text

TOKEN = "canary-of-a-registry-token"
# Says what it was asked, lets in whoever has the token, and pulls what is there to be pulled.
DOCKER = """\
#!/bin/sh
echo "$*" >>"$LOG"
case "$1" in
login)
    if [ "$(cat)" != "@TOKEN@" ]; then echo "Error response from daemon: $REFUSAL" >&2; exit 1; fi
    echo "$*" >"$DOCKER_CONFIG/config.json"
    ;;
image) case " $LOCAL " in *" $3 "*) ;; *) exit 1 ;; esac ;;
pull) case " $REMOTE " in *" $3 "*) ;; *) echo "manifest unknown" >&2; exit 1 ;; esac ;;
esac
""".replace("@TOKEN@", TOKEN)


def pulled(folder: Path, *, server: str = "", token: str = "", **docker: str) -> tuple[int, str, list[str]]:
    """Return how the script ended, what it said, and what Docker was asked for."""
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(DOCKER)
    (folder / "bin" / "docker").chmod(0o755)
    log = folder / "log"
    log.touch()
    (folder / "run").mkdir()
    values = {"IMAGES": "one two", "SERVER": server, "USER": "robot", "STACK": "production"}
    done = subprocess.run(
        ["sh", "-s", "images.sh"],
        env={"PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}", "LOG": str(log), **docker},
        input=script_text("images.sh", values, token).replace("/run/", f"{folder}/run/"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert list((folder / "run").iterdir()) == [], "a login is left behind"
    return done.returncode, done.stdout + done.stderr, log.read_text().splitlines()


def test_what_is_there_is_not_pulled_again_so_that_its_registry_may_be_away(tmp_path: Path) -> None:
    assert pulled(tmp_path, LOCAL="one", REMOTE="two") == (
        0,
        "",
        ["image inspect one", "image inspect two", "pull --quiet two"],
    )


def test_behind_a_login_every_image_is_asked_for_because_a_token_may_log_in_and_read_nothing(tmp_path: Path) -> None:
    code, said, asked = pulled(tmp_path, server="ghcr.io", token=TOKEN, LOCAL="one two", REMOTE="two")

    assert code == 1
    assert asked == ["login --username robot --password-stdin ghcr.io", "pull --quiet one"]
    assert said.splitlines()[:2] == ["failed: the host cannot get one", "        manifest unknown"]


@pytest.mark.parametrize(
    ("refusal", "problem", "mend"),
    [
        ("login attempt to https://ghcr.io/v2/ failed with status: 401 Unauthorized", "refuses the", "rotate --stack"),
        ('Get "https://ghcr.io/v2/": denied: denied', "refuses the registry_token of robot", "rotate --stack"),
        ('Get "https://ghcr.io/v2/": dial tcp: connection refused', "cannot be asked", "pulumi up"),
    ],
)
def test_a_login_that_fails_is_told_with_what_still_serves_and_what_to_type(
    tmp_path: Path, refusal: str, problem: str, mend: str
) -> None:
    code, said, asked = pulled(tmp_path, server="ghcr.io", token="canary-of-another", REFUSAL=refusal)

    lines = said.splitlines()
    assert (code, len(lines), len(asked)) == (1, 4, 1)
    assert lines[0].startswith("failed: ghcr.io ")
    assert problem in lines[0]
    assert lines[1].strip().endswith(refusal)
    assert lines[2] == "serves: what runs: nothing on the host has changed"
    assert lines[3].startswith("type:   ")
    assert mend in lines[3]
    assert "canary" not in said + "".join(asked)
