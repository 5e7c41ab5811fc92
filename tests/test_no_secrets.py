"""The repository holds nothing that detect-secrets takes for a secret, but what stands here with its reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine import ROOT

BASELINE = ".secrets.baseline"
# Lines that detect-secrets leaves out, by BASELINE, and why none of them holds a secret.
ALLOWED = {
    r"canary": "what tests put in, to look for it afterwards",
    r"--hash=sha256:[0-9a-f]{64}( \\)?$": "checksums of Python packages",
    r" h1:[A-Za-z0-9+/]{43}=$": "checksums of Go modules",
    r"\b(77454fe2d30c4220b5701f6fdfb893ba|efb7b8c949ac4650a09736fc376e9aee|4814384a9e5d4991b9815dcfc25d2f1f"
    r"|4d21379b4f9f4bb088e0729962c8b3cf|6179ae15870a4bb7b2d480d4843b323c)\b": "ids of Cloudflare's managed rules",
    r"\b(4dabf18193072939515e22adb298388d|1b47061264138c4ac30d75fd1eb44270|c44067f5952c0a294b673a41bacd8c17"
    r"|0def7320c3a5731c473e5ecbe6d01bc7)\b": "marks in what Pulumi's engine and plugins say to each other",
    r"BEGIN PRIVATE[ ]KEY-----\\n(AAAA|\{0\})\\n": "the frame of a key, without one",
    r"/proc/sys/kernel/random/uuid": "a path",
    r'"secret(Id|Name)": ': "by what Docker knows a secret, which does not tell it",
    r"/T00000000/B00000000/X+": "what Slack's documentation shows for a webhook",
    r'(: |=)"(docker secret rm|SG\.\{0\}\.\{0\}|nonsense|sandbox|test|wrong|yesterday)"': "words",
}


@pytest.mark.story
def test_no_file_of_the_repository_holds_a_secret() -> None:
    found = look_for_secrets(*(str(file) for file in files()))

    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN {}PRIVATE KEY-----",
        'password = "{}hunter-of-the-lost-quarks"',
        "aws = AK{}IAIMNOPQRSTUVWXYZ2",
        'token = "{}0123fedc4567ba98cdef0123456789ab"',
        "url = https:{}//me:pa55w0rdly@registry.internal/",
    ],
)
def test_a_secret_would_be_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "leak.py").write_text(line.format("") + "\n")

    assert look_for_secrets(str(tmp_path / "leak.py")).returncode == 1


def test_every_exception_is_explained_and_still_needed() -> None:
    filters = json.loads((ROOT / BASELINE).read_text())["filters_used"]
    (lines,) = (each["pattern"] for each in filters if each["path"].endswith("should_exclude_line"))
    text = "\n".join(file.read_text(errors="replace") for file in files() if file != Path(__file__))

    assert lines == list(ALLOWED)
    assert [pattern for pattern in ALLOWED if not re.search(pattern, text, re.MULTILINE)] == []


def files() -> list[Path]:
    """Return all that git tracks, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [file for name in listed.stdout.splitlines() if (file := ROOT / name).is_file() and name != BASELINE]


def look_for_secrets(*paths: str) -> subprocess.CompletedProcess[str]:
    """Run detect-secrets as a commit hook does; it asks no one outside whether a secret is a live one."""
    hook = Path(sys.executable).with_name("detect-secrets-hook")
    return subprocess.run(
        [hook, "--no-verify", "--baseline", BASELINE, *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
