"""Somebody else's project is judged by our pack as docs/policies.md says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from sandbox.clone import ROOT
from sandbox.throw_away import throw_away
from tests.stories.world import copied, run

pytestmark = pytest.mark.story

HERE = Path(__file__).parent / "elsewhere"


@dataclass(frozen=True)
class Elsewhere:
    """A project in a folder of its own, with our clone beside it."""

    folder: Path
    ours: Path
    variables: dict[str, str]

    def pulumi(self, *arguments: str) -> CompletedProcess[str]:
        return run(["pulumi", *arguments, "--non-interactive"], self.folder, **self.variables)

    def preview(self, *arguments: str) -> CompletedProcess[str]:
        return self.pulumi("preview", "--policy-pack", "../neurmatic/policies", *arguments)

    def mend(self, old: str, new: str) -> None:
        program = self.folder / "__main__.py"
        text = program.read_text()
        assert old in text
        program.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    directory = tmp_path_factory.mktemp("theirs")
    folder = directory / "elsewhere"
    shutil.copytree(HERE, folder)
    clone = copied(directory / "neurmatic")
    (clone.root / ".venv").symlink_to(ROOT / ".venv")
    with throw_away(clone, "production") as ours:
        # The engine and the plugins alone are ours.
        variables = ours.whole_environment()
        del variables["PULUMI_OPTION_CONFIG_FILE"]
        variables |= {"PULUMI_BACKEND_URL": f"file://{directory}", "PULUMI_STACK": "theirs"}
        theirs = Elsewhere(folder, clone.root, variables)
        made = theirs.pulumi("stack", "init", "theirs")
        assert made.returncode == 0, made.stderr
        yield theirs


def broken(done: CompletedProcess[str], level: str = "mandatory") -> set[str]:
    return set(re.findall(rf"\[{level}\] \[severity: \w+\]  (\S+)", done.stdout))


def test_their_project_is_refused_mended_configured_and_waived(elsewhere: Elsewhere) -> None:
    refused = elsewhere.preview()
    assert refused.returncode != 0
    assert {"database-port-bound-to-loopback", "images-pinned", "container-memory-limited"} <= broken(refused)

    elsewhere.mend("external=6379)", 'external=6379, ip="127.0.0.1")')
    assert "database-port-bound-to-loopback" not in broken(elsewhere.preview())

    (elsewhere.folder / "policy-config.json").write_text(json.dumps({"images-pinned": {"digest": False}}))
    configured = elsewhere.preview("--policy-pack-config", "policy-config.json")
    assert "images-pinned" not in broken(configured)

    until = datetime.now(UTC).date() + timedelta(days=90)
    common = {"resource": "sessions", "reason": "Moves next quarter.", "owner": "ops@example.com", "expires": until}
    waivers = [{"rule": rule, **common} for rule in sorted(broken(configured) | broken(configured, "advisory"))]
    (elsewhere.folder / "policy-waivers.yaml").write_text(yaml.safe_dump(waivers))
    passed = elsewhere.preview("--policy-pack-config", "policy-config.json")
    assert passed.returncode == 0, passed.stdout
    assert broken(passed, "advisory") == {"waived"}
    assert "Moves next quarter." in passed.stdout


def test_our_clone_is_not_touched_by_their_project(elsewhere: Elsewhere) -> None:
    assert not (elsewhere.ours / "Pulumi.theirs.yaml").exists()
    assert {file.name for file in elsewhere.folder.iterdir()} >= {"Pulumi.theirs.yaml", "policy-waivers.yaml"}
