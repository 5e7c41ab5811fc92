"""Where `pulumi` works on a stack of the sandbox: the state, the environment, and calls that print."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from operations import runner
from sandbox.clone import Clone
from sandbox.engine import toolchain
from sandbox.errors import SandboxError

NAME = "sandbox"
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


class Workspace:
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

    def restore(self, state: dict[str, Any]) -> None:
        """Replace the stack's state by one that `export` gave."""
        self._pulumi("stack", "import", stdin=json.dumps(state))

    def release(self) -> str | None:
        """Return the release that stands, None before the first; read off the state, which takes no process."""
        for state in (self.home / ".pulumi" / "stacks").glob(f"*/{self.name}.json"):
            latest = json.loads(state.read_text())["checkpoint"].get("latest") or {}
            for resource in latest.get("resources", []):
                if resource["type"] == "pulumi:pulumi:Stack":
                    return dict(resource.get("outputs", {})).get("release")
        return None

    def export(self) -> dict[str, Any]:
        """Return the stack's state, secrets encrypted."""
        return dict(json.loads(self._pulumi("stack", "export")))

    def require_up(self) -> None:
        """Raise SandboxError when `make up` has not come as far as the stack."""
        if not self.config_file.exists():
            raise SandboxError("the sandbox is not up", "run `make up`")

    @property
    def _credentials(self) -> Path:
        return self.home / "aws-credentials"

    @property
    def _passphrase(self) -> Path:
        return self.home / "passphrase"

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

    def _pulumi(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> str:
        argv = ["pulumi", *arguments, "--non-interactive"]
        done = runner.run(argv, stdin=stdin, environment=self.whole_environment(), directory=cwd or self.clone.root)
        if done.returncode:
            problem = f"pulumi {' '.join(arguments)}: {done.stderr.strip()}"
            raise SandboxError(problem, "run `make down` and `make up` again")
        return done.stdout
