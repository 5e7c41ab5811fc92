"""A mock engine that runs a program and hands back plain records of what it declared."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf import json_format
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

import settings
from sandbox.owners import OWNERS, fill, pin

ROOT = Path(__file__).resolve().parent.parent
DIGEST = "sha256:" + "0123456789abcdef" * 4
_FORMS = {
    "sendgrid_api_key": "SG.canary.of_sendgrid_api_key",
    "sentry_dsn": "https://canary-of-sentry-dsn@sentry.neurmatic.com/1",
    "linkedin_client_id": "canaryoflinkedinclientid",
    "slack_webhook_url": "https://hooks.slack.neurmatic.com/canary-of-slack",
}
CANARIES = {name: f"canary/of+{name}=" for name in settings.SECRETS} | _FORMS
"""What must never be seen: the part of each secret's value that is secret."""
_PEM = "-----BEGIN PRIVATE KEY-----\n{0}\n-----END PRIVATE KEY-----\n{1}"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nof {0}\n-----END CERTIFICATE-----\n"

# Of documentation (RFC 5737, RFC 3849), in an order that is not theirs.
RANGES = {"ipv4Cidrs": ["203.0.113.0/24", "198.51.100.0/24"], "ipv6Cidrs": ["2001:db8:2::/48", "2001:db8:1::/48"]}

_SIGNATURE = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Resource:
    """What a program asked the engine for, as plain data; inputs have their names on the wire."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str
    request: resource_pb2.RegisterResourceRequest

    @property
    def depends_on(self) -> set[str]:
        """Logical names of what must stand before."""
        return {urn.rpartition("::")[2] for urn in self.request.dependencies}

    @property
    def provider(self) -> str | None:
        """Logical name of the provider that the program chose, which must stand before too."""
        return self.request.provider.rpartition("::")[0].rpartition("::")[2] or None

    @property
    def in_the_clear(self) -> str:
        """The inputs as text, without those that are secret."""
        return json.dumps(_plain(json_format.MessageToDict(self.request.object), hide=True))


@dataclass(frozen=True)
class Declared:
    """All that a program asked for."""

    resources: list[Resource]
    outputs: dict[str, Any]

    @property
    def made(self) -> list[Resource]:
        """The resources that a provider makes, components left out."""
        return [resource for resource in self.resources if not resource.type.startswith("infra:")]

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources whose type token ends so."""
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def __getitem__(self, name: str) -> Resource:
        """Return the one resource of this logical name that a provider makes."""
        (found,) = (each for each in self.made if each.name == name)
        return found


def _plain(value: Any, *, hide: bool = False) -> Any:
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return "(secret)" if hide else _plain(value["value"])
        return {key: _plain(each, hide=hide) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, hide=hide) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Recorder(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.registered: list[tuple[resource_pb2.RegisterResourceRequest, str]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the engine's name for it
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK's mocks are untyped
        self.registered.append((request, answer.urn))
        return answer


class _Outside(Mocks):
    """Gives ids, and the outputs that components read; in a preview it knows neither."""

    def __init__(self, *, preview: bool) -> None:
        self._preview = preview

    def call(self, args: MockCallArgs) -> Any:
        if args.token == "cloudflare:index/getIpRanges:getIpRanges":
            return RANGES
        raise AssertionError(f"{args.token} asks the outside")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        own = UNKNOWN if self._preview else f"{args.name}-1a2b3c4"
        outputs = {"nameServers": ["ns1.example", "ns2.example"]} if args.typ.startswith("cloudflare:") else {}
        named = {"name": own} if args.typ.startswith("docker:") and "name" not in args.inputs else {}
        if args.typ == "aws:iam/policy:Policy":
            named["arn"] = UNKNOWN if self._preview else f"arn:aws:iam::000000000000:policy/{args.name}"
        return (None if self._preview else own), {**args.inputs, **outputs, **named}


def declare(
    program: Callable[[], None],
    config: dict[str, str] | None = None,
    *,
    preview: bool = False,
    stack: str = "sandbox",
) -> Declared:
    """Run a program on the mock engine; what it raises, a failing apply included, is raised here."""
    recorder = _Recorder(_Outside(preview=preview))
    outputs: dict[str, Any] = {}

    def run() -> None:
        with closing(asyncio.new_event_loop()) as loop:
            asyncio.set_event_loop(loop)
            set_all_config(config or {}, [f"{settings.PROJECT}:{name}" for name in settings.SECRETS])
            set_mocks(recorder.mocks, settings.PROJECT, stack, preview=preview, monitor=recorder)
            loop.run_until_complete(run_pulumi_func(program))
            root = get_root_resource()
            assert isinstance(root, Stack)
            outputs.update(loop.run_until_complete(_known(root)))

    contextvars.copy_context().run(run)
    resources = [
        Resource(request.type, request.name, _plain(json_format.MessageToDict(request.object)), urn, request)
        for request, urn in recorder.registered
        if request.type != "pulumi:pulumi:Stack"
    ]
    return Declared(resources, outputs)


async def _known(stack: Stack) -> dict[str, Any]:
    return dict(await pulumi.Output.from_input(stack.outputs).future() or {})


def secret_values() -> dict[str, str]:
    """Return a value in the right form for every secret, with its canary in it."""
    values = dict(CANARIES)
    for name in ("origin_pull_authority", "origin_pull_client"):
        values[name] = _PEM.format(CANARIES[name], CERTIFICATE.format(name))
    return values


def stack_config(name: str, directory: Path) -> dict[str, str]:
    """Return a stack's configuration as Pulumi gives it, with canaries for secrets and its files in `directory`."""
    config = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())["config"]
    if name != "sandbox":
        fill(config, {**OWNERS, "host.ssh_host_key": f"ssh-ed25519 {'A' * 68}"})
    pin(config, lambda _: DIGEST)
    for key in ("ssh_private_key_file", "ssh_known_hosts_file"):
        path = directory / key
        path.write_text(f"the {key}\n")
        config["neurmatic:host"][key] = str(path)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    parsed, _ = settings.parse(texts, set(), name)
    secrets = {f"{settings.PROJECT}:{each}": secret_values()[each] for each in settings.needed_secrets(parsed)}
    return {**texts, **secrets}
