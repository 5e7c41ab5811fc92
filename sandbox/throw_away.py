"""A preview of staging or production without any account: what only their owners know is made up, and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import yaml

from operations.runner import REHEARSAL
from operations.secrets import making
from sandbox.box import keys
from sandbox.clone import Clone
from sandbox.owners import OWNERS, fill, pin, put
from sandbox.stack import Stack
from standins.services.cloudflare import on_loopback

# Where no registry is asked: the digest of nothing that exists.
_NO_DIGEST = "sha256:" + "0" * 64
_FORMS = {
    "sendgrid_api_key": "SG.{0}.{0}",
    "sentry_dsn": "https://{0}@sentry.invalid/1",
    "slack_webhook_url": "https://hooks.slack.invalid/{0}",
}


class ThrowAway(Stack):
    """A stack of a committed file that no account knows; it can be previewed and nothing else."""

    def __init__(self, clone: Clone, name: str, api_url: str) -> None:
        super().__init__(clone, name, home=clone.state / "throw-away" / name)
        self._api_url = api_url
        self.made_up: list[str] = []
        """Paths of the settings that the committed file leaves to the owners, and that nobody here knows."""

    def environment(self) -> dict[str, str]:
        """Return the variables of the sandbox, without the authority that only a sandbox that is up has.

        Official plugins are passed over: they would ask the accounts. A committed stack is no rehearsal.
        """
        own = {
            name: value
            for name, value in super().environment().items()
            if value != str(self.clone.ca_bundle) and name not in REHEARSAL
        }
        return {**own, "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}

    def whole_environment(self) -> dict[str, str]:
        """Return the user's variables and these; a shell that works on the sandbox rehearses, this stack does not."""
        whole = super().whole_environment()
        return {name: value for name, value in whole.items() if (name, value) not in REHEARSAL.items()}

    def _adjusted(self, committed: str) -> dict[str, Any]:
        document: dict[str, Any] = yaml.safe_load(committed)
        config = document["config"]
        key = keys.ensure_pair(self.home / "ssh" / "id_ed25519")
        self.made_up += fill(config, {**OWNERS, "host.ssh_host_key": keys.public(key)})
        # A file that the operator has here may be nowhere else.
        for path, file in (("host.ssh_private_key_file", key), ("host.ssh_known_hosts_file", key.with_suffix(".pub"))):
            put(config, path, str(file))
        self.made_up += [f"{path}'s digest" for path in pin(config, lambda _: _NO_DIGEST)]
        put(config, "dns.api_url", self._api_url)
        return document

    def _secret(self, name: str) -> str:
        if name == "origin_pull_authority":
            return self._authority
        if name == "origin_pull_client":
            return making.client(self._authority)
        return _FORMS.get(name, "{0}").format(making.random_text())

    @cached_property
    def _authority(self) -> str:
        return making.authority()

    def _addresses(self) -> dict[str, str]:
        return {}


@contextmanager
def throw_away(clone: Clone, name: str) -> Iterator[ThrowAway]:
    """Yield a stack that is ready to be previewed, with a Cloudflare on loopback for the address ranges."""
    with on_loopback(making.random_text()) as api_url:
        stack = ThrowAway(clone, name, api_url)
        stack.prepare()
        yield stack
