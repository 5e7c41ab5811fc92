"""What a person reads when the authority issues no certificate: the authority's own words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from components.script import text
from tests.some import some

NAME = "  Domain: neurmatic.com\n  Type:   connection\n  Detail: 192.0.2.7: Timeout during connect"
LIMITED = "acme.messages.Error: urn:ietf:params:acme:error:rateLimited :: too many certificates already issued"


@pytest.mark.parametrize(
    ("said", "log", "told"),
    [
        pytest.param(NAME, LIMITED, ["Domain: neurmatic.com", "Detail: 192.0.2.7: Timeout"], id="of a name"),
        pytest.param("AttributeError: can't set attribute", f"Traceback\n{LIMITED}\n", [LIMITED], id="of the request"),
        pytest.param("The server is away", "Traceback\n", ["The server is away"], id="nothing"),
        pytest.param("No space left on device", None, ["No space left on device"], id="nothing, and there is no log"),
    ],
)
def test_the_authoritys_reason_is_told_even_where_certbot_hides_it(
    tmp_path: Path, said: str, log: str | None, told: list[str]
) -> None:
    (certbot := tmp_path / "certbot").write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit 1\n")
    certbot.chmod(0o755)
    if log is not None:
        (tmp_path / "log").mkdir()
        (tmp_path / "log" / "letsencrypt.log").write_text(log)
    values = dict.fromkeys(("DIRECTORY_URL", "EMAIL", "DOMAIN", "WEBROOT", "TARGET", "INSTALL"), "x")
    script = text("certificate.sh", values)

    failed = subprocess.run(
        ["sh"],
        input=script.replace("/etc/letsencrypt", str(tmp_path)).replace("/var/log/letsencrypt", str(tmp_path / "log")),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert failed.returncode == 1
    assert all(line in failed.stderr for line in some(told)), failed.stderr
    assert "AttributeError" not in failed.stderr
    assert "grep" not in failed.stderr
    assert failed.stderr.splitlines()[0].startswith("failed: no certificate of x")
    assert failed.stderr.splitlines()[-1].startswith("type:   pulumi up")
