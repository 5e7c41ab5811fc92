"""`neurmatic audit` as a person or CI runs it, with a `pulumi` and an `ssh` that say what they are told."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from operations.audit import commands
from operations.audit.host import FOLDERS, declared
from operations.cli import main
from tests.operations.audit.recording import CANARY, Change, by_hand, recorded

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
WAIVER = """\
- {{rule: containers-unprivileged, resource: hand, stack: sandbox, reason: a try, owner: ops@example.com, expires: {0}}}
"""


@dataclass(frozen=True)
class Outside:
    """The programs that an audit starts, and what they say."""

    folder: Path

    def says(self, name: str, text: str, code: int = 0, error: str = "") -> None:
        for key, value in {"out": text, "error": error}.items():
            (self.folder / f"{name}.{key}").write_text(value)
        lines = [
            "#!/bin/sh",
            f'printf "%s\\n" "$0" "$@" >>"{self.folder}/argv"',
            f'[ "${{0##*/}}" = ssh ] && cat >"{self.folder}/stdin"',
            f'said="{self.folder}/$(printf "%s-%s" "${{0##*/}}" "$1").out"',
            f'[ -e "$said" ] || said="{self.folder}/{name}.out"',
            'cat "$said"',
            f'cat "{self.folder}/{name}.error" >&2',
            f"exit {code}",
        ]
        (self.folder / name).write_text("\n".join(lines) + "\n")
        (self.folder / name).chmod(0o755)

    def tells(self, *changes: Change) -> None:
        """Have the host tell the recorded facts after changes."""
        facts, _ = recorded()
        for change in changes:
            change(facts)
        self.says("ssh", json.dumps(facts))

    @property
    def argv(self) -> list[str]:
        return (self.folder / "argv").read_text().splitlines()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    for name in ("key", "known_hosts"):
        (tmp_path / name).write_text(CANARY)
    host = {
        "ipv4": "192.0.2.10",
        "address": "vps.example.com",
        "ssh_port": 2222,
        "ssh_host_key": KEY,
        "ssh_private_key_file": str(tmp_path / "key"),
        "ssh_known_hosts_file": str(tmp_path / "known_hosts"),
    }
    _, state = recorded()
    resources = [{"id": id_, "urn": each.urn, "type": "docker:x"} for id_, each in state.items()]
    resources += [{"id": id_, "urn": "urn::other", "type": "aws:x"} for id_ in state]
    made = Outside(tmp_path)
    made.says("pulumi", "")
    (tmp_path / "pulumi-config.out").write_text(json.dumps({"neurmatic:host": {"objectValue": host}}))
    (tmp_path / "pulumi-policy.out").write_text(json.dumps({"summaryEvent": {"result": "succeeded"}}))
    (tmp_path / "pulumi-stack.out").write_text(json.dumps({"deployment": {"resources": resources}}))
    made.tells()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    return made


def audit(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["audit", "--stack", "organization/neurmatic/sandbox", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.usefixtures("outside")
def test_a_good_host_passes_in_one_line_of_summary(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = audit(capsys)

    *_, last = said.splitlines()
    assert code == 0
    assert last.startswith("audit of organization/neurmatic/sandbox: ")
    assert last.endswith("10 containers and services, 0 waived, 0 failed")


def test_the_state_is_judged_too_and_by_the_pack(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    message = "What holds.\ndatabase-data: is not protected. Give it ResourceOptions(protect=True)"
    event = {"policyName": "stateful-resources-protected", "enforcementLevel": "mandatory", "message": message}
    told = {"policyEvent": {**event, "resourceUrn": "urn:pulumi:s::p::docker:index/volume:Volume::database-data"}}
    (outside.folder / "pulumi-policy.out").write_text(f'{json.dumps(told)}\n{{"summaryEvent": {{}}}}\n')

    code, said, _ = audit(capsys)
    _, listed, _ = audit(capsys, "--json")

    assert code == 1
    assert said.startswith("!! mandatory stateful-resources-protected: database-data: is not protected.")
    assert "state of organization/neurmatic/sandbox: 1 failed, 0 advised, 0 waived" in said
    assert [each["resource"] for each in json.loads(listed) if each["at"] == "state" and each["fails"]] == [
        "database-data"
    ]
    assert {"--policy-pack", "policies"} <= set(outside.argv)


def test_a_state_that_nobody_judged_is_no_success(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    (outside.folder / "pulumi-policy.out").write_text("")

    code, _, error = audit(capsys)

    assert code == 1
    assert "pulumi policy analyze" in error


def test_what_fails_comes_first_with_its_mend(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    outside.tells(by_hand({"Privileged": True}))

    code, said, _ = audit(capsys)

    first, mend, *_ = said.splitlines()
    assert code == 1
    assert (
        first
        == "!! mandatory containers-unprivileged: hand: privileged: gives the container every power of the host's root"
    )
    assert mend.startswith("   mend: Leave out `privileged`")
    assert said.splitlines()[-1].endswith("0 waived, 1 failed")


def test_machines_read_the_same_as_a_list(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    outside.tells(by_hand({"Privileged": True}))

    code, said, _ = audit(capsys, "--json")

    (failed,) = [each for each in json.loads(said) if each["fails"]]
    assert code == 1
    assert failed["rule"] == "containers-unprivileged"
    assert (failed["level"], failed["severity"], failed["resource"]) == ("mandatory", "critical", "hand")
    assert failed["mend"]
    assert failed["url"].startswith("https://")


def test_what_is_waived_is_shown_and_passes(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    outside.tells(by_hand({"Privileged": True}))
    (outside.folder / "policy-waivers.yaml").write_text(WAIVER.format(date.today() + timedelta(days=30)))

    code, said, _ = audit(capsys)

    (waived,) = [line for line in said.splitlines() if line.startswith("waived")]
    assert code == 0
    assert waived.startswith(
        f"waived until {date.today() + timedelta(days=30)} by ops@example.com: containers-unprivileged: hand: "
    )
    assert "1 waived, 0 failed" in said


def test_a_waiver_that_has_ended_waives_nothing(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    outside.tells(by_hand({"Privileged": True}))
    (outside.folder / "policy-waivers.yaml").write_text(WAIVER.format("2020-01-31"))

    code, said, _ = audit(capsys)

    assert code == 1
    assert "0 waived, 2 failed" in said
    assert "ended on 2020-01-31" in said


def test_the_host_is_reached_by_its_known_key_alone(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    audit(capsys)

    argv = outside.argv
    assert argv.count(f"{outside.folder}/ssh") == 1
    for option in (
        "StrictHostKeyChecking=yes",
        f'UserKnownHostsFile="{outside.folder}/known_hosts"',
        "GlobalKnownHostsFile=none",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
    ):
        assert argv[argv.index(option) - 1] == "-o"
    assert argv[argv.index("-F") + 1] == "none"
    assert argv[argv.index("-i") + 1] == f"{outside.folder}/key"
    assert argv[argv.index("-p") + 1] == "2222"
    assert argv[argv.index("-l") + 1 :][:2] == ["root", "vps.example.com"]
    assert all(folder in argv[argv.index("vps.example.com") + 1] for folder in FOLDERS)
    # What the script says beside its document may hold what it read.
    assert argv[argv.index("vps.example.com") + 1].endswith(" 2>/dev/null")
    assert CANARY not in "".join(argv)
    assert "def collect(" in (outside.folder / "stdin").read_text()


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "no connection": ({"code": 255, "error": "ssh: connect to host: refused"}, "cannot be reached: ssh: connect"),
    "no python": ({"code": 127, "error": CANARY}, "does not tell its state: exit 127"),
    "too slow": ({"code": 124}, "does not tell its state: exit 124"),
    "cut off": ({"text": '{"containers": ["' + CANARY}, "cut off, or no JSON object"),
    "no object": ({"text": "3"}, "cut off, or no JSON object"),
    "no Docker": ({"text": '{"containers": {"unread": "there is no docker"}}'}, "its containers: there is no docker"),
    "no containers": ({"text": "{}"}, "its containers: it is missing"),
    "containers of another form": (
        {"text": json.dumps({**recorded()[0], "containers": [{"Id": CANARY}]})},
        "tells of its containers cannot be read (KeyError)",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_host_that_cannot_be_asked_is_told_with_a_mend(
    name: str, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    said, problem = REFUSALS[name]
    outside.says("ssh", **{"text": "", **said})

    code, out, error = audit(capsys)

    assert code == 1
    assert out == ""
    assert problem in error
    assert "\n  mend: " in error
    assert CANARY not in error


def test_without_ssh_it_says_where_to_get_it(
    outside: Outside, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (outside.folder / "ssh").unlink()
    # All that the other programs here start.
    (outside.folder / "cat").symlink_to(str(shutil.which("cat")))
    monkeypatch.setenv("PATH", str(outside.folder))

    code, out, error = audit(capsys)

    assert (code, out) == (1, "")
    assert error == "there is no ssh on PATH\n  mend: install OpenSSH's client: apt install openssh-client\n"


@pytest.mark.usefixtures("outside")
def test_the_state_is_asked_for_docker_alone_whose_ids_may_be_those_of_others() -> None:
    assert declared("sandbox") == recorded()[1]


def test_a_configuration_without_a_host_is_told_with_its_path(
    outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    (outside.folder / "pulumi-config.out").write_text("{}")

    code, _, error = audit(capsys)

    assert code == 1
    assert "neurmatic:host.ipv4: Field required" in error
    assert f"{outside.folder}/ssh" not in outside.argv


def secrets_everywhere(facts: dict[str, Any]) -> None:
    """Put a secret wherever a host may tell one, and break all that can be broken there."""
    config = {
        "Env": [f"DB_PASSWORD={CANARY}", f"URL=redis://:{CANARY}@redis"],
        "Cmd": ["serve", f"--password={CANARY}"],
        "Entrypoint": [f"--token={CANARY}"],
        "Labels": {"x": CANARY},
        "Healthcheck": {"Test": ["CMD", "curl", f"https://u:{CANARY}@x"]},
        "User": f"root:{CANARY}",
        "Image": f"registry/{CANARY}",
    }
    host = {
        "SecurityOpt": [f"seccomp={CANARY}", f"no-new-privileges={CANARY}"],
        "CapAdd": [CANARY],
        "LogConfig": {"Type": "json-file", "Config": {"token": CANARY}},
        "Tmpfs": {"/x": CANARY},
        "Sysctls": {"x": CANARY},
    }
    mounts = [{"Type": "bind", "Source": f"/etc/{CANARY}", "Destination": CANARY, "RW": True}]
    by_hand(host, config, Mounts=mounts)(facts)
    spec = facts["services"][0]["Spec"]["TaskTemplate"]["ContainerSpec"]
    spec |= {"Env": [f"TOKEN={CANARY}"], "Args": [f"--password={CANARY}"], "Image": CANARY}
    facts["daemon"]["file"] = json.dumps({"hosts": [f"tcp://{CANARY}"], "insecure-registries": [f"u:{CANARY}@x"]})
    facts["daemon"]["started"] = [["dockerd", f"--cluster-store-opt={CANARY}"]]
    facts["swarm"]["address"] = CANARY
    facts["volumes"][0]["Options"] = {"device": f"/etc/{CANARY}", "o": f"password={CANARY}"}
    facts["networks"][-1]["Options"] = {"x": CANARY}
    facts["input"] = [CANARY]
    for id_, text in facts["nginx"].items():
        facts["nginx"][id_] = text.replace("ssl_protocols TLSv1.2", f"ssl_protocols {CANARY}")
    for redis in facts["redis"].values():
        redis |= {"answer": CANARY, "users": f"user default on nopass #{CANARY} +{CANARY}"}
    for postgres in facts["postgres"].values():
        postgres["encryption"] = CANARY
        postgres["doors"].append({"line": 1, "type": CANARY, "address": CANARY, "method": "trust", "broken": False})
    facts["sshd"]["port"] = [CANARY]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_secret_of_the_host_is_ever_told(
    form: list[str], outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    outside.tells(secrets_everywhere)

    code, said, error = audit(capsys, *form)

    assert code == 1
    assert said.count("environments-without-secrets") >= 2
    assert "postgresql-asks-for-passwords" in said
    assert CANARY not in said + error
