"""A certificate that ends soon is renewed by an account that the authority knows, and any other is left alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.box.certificate import RENEWAL
from tests.standins.services.certificates import pair


@pytest.mark.parametrize(("days", "renewed"), [(31, False), (29, True), (-300, True)])
def test_make_up_renews_a_certificate_from_30_days_before_its_end_on(tmp_path: Path, days: int, renewed: bool) -> None:
    kept = tmp_path / "letsencrypt"
    for folder in ("live/neurmatic.com", "renewal", "accounts/acme"):
        (kept / folder).mkdir(parents=True)
    (kept / "live/neurmatic.com/cert.pem").write_text(pair("neurmatic.com", days).certificate)
    (configuration := kept / "renewal/neurmatic.com.conf").write_text("[renewalparams]\naccount = forgotten\nx = y\n")
    (certbot := tmp_path / "certbot").write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\n')
    certbot.chmod(0o755)

    subprocess.run(
        ["sh", "-c", RENEWAL.replace("/etc/letsencrypt", str(kept))],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
    )

    assert (tmp_path / "asked").exists() == renewed
    assert (kept / "accounts").exists() != renewed
    assert ("account = " not in configuration.read_text()) == renewed
    assert "x = y" in configuration.read_text()
