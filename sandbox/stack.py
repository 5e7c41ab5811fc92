"""The sandbox's stack: its configuration, its secrets, and the deployment."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from operations import runner
from operations.failures import digest
from operations.files import PRIVATE, write
from operations.preview.commands import preview
from operations.secrets.making import random_text
from sandbox.errors import SandboxError
from sandbox.images import platform
from sandbox.outside import table
from sandbox.owners import pin
from sandbox.steps import run
from sandbox.workspace import Workspace
from settings import PROJECT, needed_secrets, parse

# Where `neurmatic secrets` keeps the days on which secrets were set.
_DAYS = f"{PROJECT}:secrets"
# What S3 in the sandbox lets in.
CREDENTIALS = b"[default]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox\n"


class Stack(Workspace):
    """A workspace whose stack can be configured, previewed and deployed."""

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
        config = self._config()
        for name in self._needed_secrets():
            if f"{PROJECT}:{name}" not in config:
                self._pulumi("config", "set", "--secret", f"{PROJECT}:{name}", stdin=self._secret(name))

    def up(self, *arguments: str) -> None:
        """Run `pulumi up` with the policy pack, its output on the terminal and in the log."""
        log = self.clone.logs / "pulumi-up.log"
        # The log keeps earlier runs, whose failures are not this one's.
        begins = log.stat().st_size if log.exists() else 0
        try:
            run(
                ["pulumi", "up", *runner.pack(self.name), "--non-interactive", "--yes", *arguments],
                log=log,
                mend="make up   # goes on where it stopped, once that is put right",
                env=self.whole_environment(),
                cwd=self.clone.root,
                show=True,
            )
        except SandboxError as error:
            # Here `make up` is what goes on, whatever the message says to type.
            printed = log.read_bytes()[begins:].decode(errors="replace")
            lines = [line for line in digest(printed).splitlines() if not line.startswith("type:")]
            raise SandboxError("\n".join(lines) or error.problem, error.mend, log) from error

    def preview(self, report: Path | None = None) -> bool:
        """Print what `pulumi up` would do; return whether the policies and the engine let it."""
        return preview(self.name, self.whole_environment(), report) == 0

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
        """Write the stack file: the committed one with this clone's own values and the secrets set before."""
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
        """Return the committed file with this clone's addresses, images and SSH connection."""
        clone = self.clone
        for documented, own in self._addresses().items():
            committed = re.sub(rf"\b{re.escape(documented)}\b", own, committed)
        document: dict[str, Any] = yaml.safe_load(committed)
        built = platform.digests(clone)
        registry = f"{clone.registry}/"
        pin(document["config"], lambda image: built[f"{image.repository.removeprefix(registry)}:{image.tag}"])
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
        tokens = {"cloudflare_api_token": table.cloudflare_token, "registry_token": table.registry_token}
        return tokens[name](self.clone) if name in tokens else random_text()


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and "secure" in value
