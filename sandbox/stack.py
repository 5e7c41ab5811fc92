"""The sandbox's stack: its configuration, its secrets, and the environment in which `pulumi` works on it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from operations import runner
from operations.failures import digest
from operations.preview.commands import preview
from operations.secrets.making import random_text
from sandbox.clone import Clone
from sandbox.engine import toolchain
from sandbox.errors import SandboxError
from sandbox.files import PRIVATE, write
from sandbox.images import platform
from sandbox.outside import services
from sandbox.owners import pin
from sandbox.steps import run
from settings import PROJECT, needed_secrets, parse

NAME = "sandbox"
# Where `neurmatic secrets` keeps the days on which secrets were set.
_DAYS = f"{PROJECT}:secrets"
# What S3 in the sandbox lets in.
CREDENTIALS = b"[default]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox\n"
# Variables of the user's that come before those of `environment`: of other accounts, of another passphrase, and of keys
# beside the sandbox's own.
FOREIGN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    runner.AGENT,
)


class Stack:
    """A stack of this clone, with a state and a configuration of its own under `.sandbox/`; itself the sandbox's."""

    def __init__(self, clone: Clone, name: str = NAME, home: Path | None = None) -> None:
        self.clone = clone
        self.name = name
        self.home = home or clone.state
        self.config_file = self.home / f"Pulumi.{name}.yaml"

    def environment(self) -> dict[str, str]:
        """Return the variables that make the ordinary `pulumi` commands work on the sandbox; see also FOREIGN."""
        clone = self.clone
        inside = ",".join(["127.0.0.1", *self._addresses().values()])
        return {
            "PATH": f"{toolchain.ensure_pulumi(clone)}{os.pathsep}{os.environ.get('PATH', '')}",
            "PULUMI_HOME": str(toolchain.ensure_plugins(clone)),
            # Without the files of metadata beside the state's: they are not replaced in one step, and one that a kill
            # left empty makes the state unreadable.
            "PULUMI_BACKEND_URL": f"file://{self.home}?metadata=skip",
            "PULUMI_STACK": self.name,
            "PULUMI_OPTION_CONFIG_FILE": str(self.config_file),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **runner.REHEARSAL,
            "AWS_SHARED_CREDENTIALS_FILE": str(self._credentials),
            "AWS_CA_BUNDLE": str(clone.ca_bundle),
            "REQUESTS_CA_BUNDLE": str(clone.ca_bundle),
            "SSL_CERT_FILE": str(clone.ca_bundle),
            "NO_PROXY": inside,
            "no_proxy": inside,
        }

    def whole_environment(self) -> dict[str, str]:
        """Return the user's variables and the sandbox's, without those of the user's that would win over ours."""
        return {name: value for name, value in os.environ.items() if name not in FOREIGN} | self.environment()

    def prepare(self) -> None:
        """Make the stack, its configuration file and the secrets that are missing; change nothing that is there."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._passphrase.exists():
            write(self._passphrase, random_text().encode(), PRIVATE)
        write(self._credentials, CREDENTIALS, PRIVATE)
        self._write_config()
        # Creating a stack writes its salt into the stack file beside Pulumi.yaml, whatever other file is configured.
        shutil.copy(self.clone.root / "Pulumi.yaml", self.home)
        self._pulumi("stack", "select", "--create", self.name, cwd=self.home)
        kept = self._config()
        for name in self._needed_secrets():
            if f"{PROJECT}:{name}" not in kept:
                self._pulumi("config", "set", "--secret", f"{PROJECT}:{name}", stdin=self._secret(name))

    def up(self, *arguments: str) -> None:
        """Run `pulumi up` with the policy pack, its output on the terminal and in the log."""
        self._show("up", "--yes", *arguments)

    def preview(self, report: Path | None = None) -> bool:
        """Print what `pulumi up` would do; return whether the policies and the engine let it."""
        return preview(self.name, self.whole_environment(), report) == 0

    def restore(self, state: dict[str, Any]) -> None:
        """Replace the stack's state by one that `export` gave."""
        self._pulumi("stack", "import", stdin=json.dumps(state))

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets left out."""
        return dict(json.loads(self._pulumi("stack", "output", "--json")))

    def export(self) -> dict[str, Any]:
        """Return the stack's state, secrets encrypted."""
        return dict(json.loads(self._pulumi("stack", "export")))

    @property
    def _credentials(self) -> Path:
        return self.home / "aws-credentials"

    @property
    def _passphrase(self) -> Path:
        return self.home / "passphrase"

    def _config(self) -> dict[str, Any]:
        return dict(self._read()["config"])

    def _read(self) -> dict[str, Any]:
        """Read the configuration file; raises SandboxError when it was left half-written."""
        try:
            document = yaml.safe_load(self.config_file.read_text())
        except yaml.YAMLError:
            document = None
        if not isinstance(document, dict) or "config" not in document:
            raise SandboxError(f"{self.config_file} cannot be read", "run `make down`, which removes it, and `make up`")
        return document

    def _write_config(self) -> None:
        """Lay what only this clone knows over the committed stack file; keep the secrets that were set before."""
        document = self._adjusted((self.clone.root / f"Pulumi.{self.name}.yaml").read_text())
        if self.config_file.exists():
            earlier = self._read()
            document["config"].update({key: value for key, value in earlier["config"].items() if _is_secret(value)})
            if days := {**earlier["config"].get(_DAYS, {}), **document["config"].get(_DAYS, {})}:
                document["config"][_DAYS] = days
            if "encryptionsalt" in earlier:
                document["encryptionsalt"] = earlier["encryptionsalt"]
        write(self.config_file, yaml.safe_dump(document, sort_keys=False, width=1000).encode(), PRIVATE)

    def _adjusted(self, committed: str) -> dict[str, Any]:
        """Return the committed file with this clone's own addresses, its images and its way to the VPS."""
        clone = self.clone
        for documented, own in self._addresses().items():
            committed = re.sub(rf"\b{re.escape(documented)}\b", own, committed)
        document: dict[str, Any] = yaml.safe_load(committed)
        built = platform.digests(clone)
        pin(
            document["config"],
            lambda image: built[f"{image.repository.removeprefix(f'{clone.registry}/')}:{image.tag}"],
        )
        document["config"][f"{PROJECT}:host"] |= {
            "ssh_port": clone.ssh_port,
            "ssh_host_key": clone.ssh_host_key.with_suffix(".pub").read_text().strip(),
            "ssh_private_key_file": str(clone.ssh_key),
            "ssh_known_hosts_file": str(clone.known_hosts),
        }
        return document

    def _needed_secrets(self) -> tuple[str, ...]:
        """Return what the settings' table says that this stack needs."""
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in self._config().items()
            if not _is_secret(value)
        }
        return needed_secrets(parse(texts, set(), self.name)[0])

    def _secret(self, name: str) -> str:
        """Return a new value of a secret: what lies outside knows the tokens, all else is the sandbox's own."""
        known = {"cloudflare_api_token": services.cloudflare_token, "registry_token": services.registry_token}
        return known[name](self.clone) if name in known else random_text()

    def _addresses(self) -> dict[str, str]:
        """Return this clone's address for each one of RFC 5737 that stands for it in the committed file."""
        clone = self.clone
        return {
            "192.0.2.10": clone.box,
            "192.0.2.20": clone.s3,
            "192.0.2.21": clone.cloudflare,
            "192.0.2.22": clone.acme,
            "192.0.2.23": clone.registry,
        }

    def _show(self, command: str, *arguments: str) -> None:
        log = self.clone.logs / f"pulumi-{command}.log"
        # The log keeps earlier runs, whose failures are not this one's.
        begins = log.stat().st_size if log.exists() else 0
        try:
            run(
                ["pulumi", command, *runner.pack(self.name), "--non-interactive", *arguments],
                log=log,
                mend="make up   # goes on where it stopped, once that is put right",
                env=self.whole_environment(),
                cwd=self.clone.root,
                show=True,
            )
        except SandboxError as error:
            # Here `make up` is what goes on, whatever the message says to type.
            lines = [
                line
                for line in digest(log.read_bytes()[begins:].decode(errors="replace")).splitlines()
                if not line.startswith("type:")
            ]
            raise SandboxError("\n".join(lines) or error.problem, error.mend, log) from error

    def _pulumi(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> str:
        argv = ["pulumi", *arguments, "--non-interactive"]
        done = runner.run(argv, stdin=stdin, environment=self.whole_environment(), directory=cwd or self.clone.root)
        if done.returncode:
            problem = f"pulumi {' '.join(arguments)}: {done.stderr.strip()}"
            raise SandboxError(problem, "run `make down` and `make up` again")
        return done.stdout


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and "secure" in value
