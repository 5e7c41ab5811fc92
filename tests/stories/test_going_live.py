"""docs/going-live.md, command by command: from empty accounts to production, against the sandbox's accounts and VPS."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
import yaml

import settings
from operations.secrets.making import random_text
from sandbox import packages
from sandbox.clone import ROOT, Clone
from sandbox.outside import authority, table
from sandbox.stack import Stack
from sandbox.workspace import FOREIGN
from tests.some import some
from tests.stories.terminal import follow
from tests.stories.world import DEADLINE_SECONDS, World, changes, copied, run
from tests.tools import installed

pytestmark = pytest.mark.story

AWS_CLI = ROOT / "tests" / "aws_cli" / "requirements.txt"
PAGE = (ROOT / "docs" / "going-live.md").read_text()
SECTION = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the page asks of the machine beside what the sandbox does, and Debian's packages of it.
PROGRAMS = {"curl": "curl", "dig": "bind9-dnsutils", "openssl": "openssl"}
# What `secrets init` asks for, and where the script lets the story look around.
PROMPT = re.compile(r"(?P<secret>\w+) \(.*\): $|== (?P<done>\w+), Enter: $")
# What runs on the VPS is as small as in the sandbox; all else is production's own.
ON_THE_HOST = ("database", "cache", "load_balancer", "registry")


@dataclass
class Owner:
    """Who follows the page, in a clone of their own, with empty accounts and a VPS that was just rented."""

    world: World
    home: Path
    tools: Path
    seen: dict[str, Any] = field(default_factory=dict)
    """What was to be seen when a section was done."""

    @property
    def clone(self) -> Clone:
        return self.world.clone

    @cached_property
    def environment(self) -> dict[str, str]:
        """A new user's, on a machine that finds the services at other addresses."""
        stands = Stack(self.clone).environment()
        names = ("PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "NO_PROXY", "no_proxy")
        own = {name: value for name, value in os.environ.items() if name not in FOREIGN and name[:4] != "AWS_"}
        return {
            **own,
            **{name: stands[name] for name in names},
            "CURL_CA_BUNDLE": stands["SSL_CERT_FILE"],
            "PATH": f"{stands['PATH']}{os.pathsep}{self.tools}",
            "HOME": str(self.home),
            "TERM": "dumb",
            # Every `up` of the page shows first what it would do; what the story judges is what was done.
            "PULUMI_OPTION_SKIP_PREVIEW": "true",
            "AWS_ENDPOINT_URL": f"https://{self.clone.s3}",
        }

    @cached_property
    def answers(self) -> Mapping[str, str]:
        """What the owner types, by the secret's name."""
        forms = {
            "sendgrid_api_key": "SG.{0}.{0}",
            "sentry_dsn": "https://{0}@sentry.neurmatic.com/1",
            "slack_webhook_url": "https://hooks.neurmatic.com/{0}",
        }
        asked = [name for name, kind in settings.SECRETS.items() if kind.made == "asked"]
        return {
            **{name: forms.get(name, "{0}").format(random_text()) for name in asked},
            "cloudflare_api_token": table.cloudflare_token(self.clone),
            "registry_token": table.registry_token(self.clone),
        }

    def follow_the_page(self) -> str:
        """Run every command of the page; return what the terminal showed."""
        code, shown = follow(
            "\n".join(["set -euo pipefail", *self._commands()]),
            lambda asked: self.answers[asked["secret"]] if asked["secret"] else self._look(asked["done"]),
            PROMPT,
            cwd=self.clone.root,
            environment=self.environment,
            timeout=DEADLINE_SECONDS,
            log=self.clone.logs / "going-live.log",
        )
        assert code == 0, shown[-6000:]
        return shown

    def pulumi(self, *arguments: str) -> str:
        """Run `pulumi` on the stack, as the page left it; it has to succeed."""
        kept = {
            "PULUMI_BACKEND_URL": self._state,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.home / ".config/neurmatic/production.passphrase"),
            "AWS_PROFILE": "neurmatic",
        }
        argv = ["pulumi", *arguments, "--stack", "production", "--non-interactive"]
        done = run(argv, self.clone.root, **{**self.environment, **kept})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def cloudflare(self, path: str, method: str = "GET") -> Any:
        """Ask Cloudflare's API for what it has of the zone, or change it behind the program's back."""
        base = f"https://{self.clone.cloudflare}/client/v4/zones"
        token = {"Authorization": f"Bearer {table.cloudflare_token(self.clone)}"}

        def ask(url: str, method: str = "GET") -> Any:
            answer = requests.request(method, url, headers=token, verify=str(self.clone.ca), timeout=60)
            assert answer.ok, answer.text
            return answer.json()["result"]

        (zone,) = ask(base)
        return ask(f"{base}/{zone['id']}{path}", method)

    def dig(self, name: str, type_: str) -> list[str]:
        """Return what the zone's name servers answer."""
        done = run(["dig", "+short", f"@{self.clone.cloudflare}", name, type_], ROOT)
        return sorted(done.stdout.splitlines())

    def visit(self, client: Path | None = None) -> urllib3.BaseHTTPResponse:
        """Ask nginx itself for the health, with a client's certificate or without."""
        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.clone.https_port,
            server_hostname="neurmatic.com",
            assert_hostname="neurmatic.com",
            ca_certs=str(self.clone.platform_ca),
            cert_file=str(client) if client else None,
        ) as pool:
            return pool.request("GET", "/api/v1/health", headers={"Host": "neurmatic.com"}, timeout=60, retries=False)

    @property
    def _state(self) -> str:
        query = f"region=eu-west-3&awssdk=v2&endpoint=https://{self.clone.s3}&s3ForcePathStyle=true"
        return f"s3://neurmatic-state?{query}"

    def _commands(self) -> Iterator[str]:
        """Yield the page's blocks, the first with this owner's values, and a stop after each section."""
        first = BLOCK.search(PAGE)
        assert first is not None
        own = {"vps": self.clone.box, "cloudflare_api": f"https://{self.clone.cloudflare}/client/v4"}
        yield "".join(
            f"{name}={own.get(name, value)}\n" for name, value in re.findall(r"^([\w ]+)=(.*)$", first[1], re.MULTILINE)
        )
        for section in SECTION.finditer(PAGE):
            for number, block in enumerate(BLOCK.findall(section[0])):
                yield block.replace('"s3://$state_bucket?region=$region&awssdk=v2"', f"'{self._state}'")
                yield f"read -r -p '== s{section[1]}b{number}, Enter: ' _"

    def _look(self, done: str) -> str:
        """Do what happens beside the commands, and note what is to be seen."""
        if done == "s3b0":
            # Rented: it lets in who has the key that was just printed.
            key = (self.home / ".ssh" / "neurmatic_production.pub").read_text()
            self.world.on_box(f"echo {key.strip()!r} >>/root/.ssh/authorized_keys")
        if done == "s7b1":
            authority.refresh_platform_ca(self.clone)
            self.seen["names"] = {name: self.dig(name, "A") for name in NAMES}
            self.seen["health"] = self.visit().json()
        return ""


NAMES = ("neurmatic.com", "www.neurmatic.com", "api.neurmatic.com")


@pytest.fixture(scope="module")
def owner(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """Return an owner who has followed the page."""
    for program, package in PROGRAMS.items():
        packages.ensure(world.clone, program, package, mend=f"install {package}")
    clone = copied(tmp_path_factory.mktemp("owner"))
    (clone.root / ".venv").symlink_to(ROOT / ".venv")
    owner = Owner(World(clone), tmp_path_factory.mktemp("home"), installed(world.clone.cache, AWS_CLI))
    (owner.home / ".aws").mkdir()
    (owner.home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    try:
        stand = owner.world.make("stand")
        assert stand.returncode == 0, stand.stderr[-6000:]
        _lay_the_sandbox_under(clone)
        first = owner.follow_the_page()
        # In two years somebody does it again, on what is there.
        owner.seen["shown"] = first + owner.follow_the_page()
        yield owner
    finally:
        owner.world.make("down")


def _lay_the_sandbox_under(clone: Clone) -> None:
    """Put the sandbox's services, and images and sizes that fit them, into the copy of production's file."""
    file = clone.root / "Pulumi.production.yaml"
    production, sandbox = (
        yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text()) for name in ("production", "sandbox")
    )
    config, small = production["config"], sandbox["config"]
    for section in ON_THE_HOST:
        config[f"neurmatic:{section}"] = small[f"neurmatic:{section}"]
    own = config["neurmatic:application"]
    config["neurmatic:application"] = {
        **small["neurmatic:application"],
        "environment": own["environment"],
        "third_party": own["third_party"],
    }
    config["neurmatic:host"]["free_disk"] = small["neurmatic:host"]["free_disk"]
    config["neurmatic:dns"]["api_url"] = f"https://{clone.cloudflare}/client/v4"
    config["neurmatic:certificate"]["directory_url"] = f"https://{clone.acme}/dir"
    config["neurmatic:backup_bucket"]["endpoint"] = f"https://{clone.s3}"
    file.write_text(yaml.safe_dump(production).replace("192.0.2.23", clone.registry))


def test_the_page_leads_from_empty_accounts_to_a_healthy_platform(owner: Owner) -> None:
    assert owner.seen["health"]["status"] == "healthy"
    assert owner.seen["health"]["environment"] == "production"


def test_no_secret_was_shown_on_the_terminal_and_the_stack_file_holds_ciphertext(owner: Owner) -> None:
    kept = (owner.clone.root / "Pulumi.production.yaml").read_text()
    credentials = (owner.home / ".aws" / "credentials").read_text()
    deployer = re.findall(r"aws_secret_access_key=(\S+)", credentials)

    shown = json.loads(owner.pulumi("config", "--show-secrets", "--json"))
    made = [entry["value"] for entry in shown.values() if entry["secret"]]

    assert len(deployer) == 1
    assert set(owner.answers.values()) <= {value.strip() for value in made}
    lines = [line for value in made for line in value.splitlines() if "-----" not in line]
    for secret in (*some(lines), *deployer):
        assert secret not in owner.seen["shown"]
        assert secret not in kept


def test_the_names_lead_to_the_host_first_and_to_cloudflare_later(owner: Owner) -> None:
    networks = [
        IPv4Network(line)
        for line in requests.get(
            f"https://{owner.clone.cloudflare}/client/v4/ips", verify=str(owner.clone.ca), timeout=60
        ).json()["result"]["ipv4_cidrs"]
    ]

    assert owner.seen["names"] == {name: [owner.clone.box] for name in NAMES}
    for name in NAMES:
        addresses = owner.dig(name, "A")
        assert all(any(IPv4Address(address) in network for network in networks) for address in some(addresses))


@pytest.mark.parametrize(
    ("name", "type_", "answer"),
    [
        ("neurmatic.com", "CAA", ['0 iodef "mailto:devops@neurmatic.com"', '0 issue "letsencrypt.org"']),
        ("neurmatic.com", "TXT", ['"v=spf1 include:sendgrid.net -all"']),
        (
            "_dmarc.neurmatic.com",
            "TXT",
            ['"v=DMARC1; p=reject; rua=mailto:devops@neurmatic.com; adkim=s; aspf=r"'],
        ),
        ("em1234.neurmatic.com", "CNAME", ["u1234567.wl123.sendgrid.net."]),
        ("s1._domainkey.neurmatic.com", "CNAME", ["s1.domainkey.u1234567.wl123.sendgrid.net."]),
        ("s2._domainkey.neurmatic.com", "CNAME", ["s2.domainkey.u1234567.wl123.sendgrid.net."]),
    ],
)
def test_dig_answers_what_mail_and_certificates_need(owner: Owner, name: str, type_: str, answer: list[str]) -> None:
    assert owner.dig(name, type_) == answer


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("ssl", "strict"),
        ("min_tls_version", "1.2"),
        ("tls_1_3", "on"),
        ("always_use_https", "on"),
        ("automatic_https_rewrites", "on"),
        ("http2", "on"),
        ("http3", "on"),
        ("brotli", "on"),
        ("0rtt", "off"),
        (
            "security_header",
            {
                "strict_transport_security": {
                    "enabled": True,
                    "max_age": 31536000,
                    "include_subdomains": True,
                    "preload": True,
                    "nosniff": True,
                }
            },
        ),
    ],
)
def test_the_api_shows_every_setting_of_the_brief(owner: Owner, setting: str, wanted: object) -> None:
    assert owner.cloudflare(f"/settings/{setting}")["value"] == wanted


@pytest.mark.parametrize(
    ("phase", "refs"),
    [
        ("http_request_firewall_managed", ["waf-managed-cloudflare", "waf-managed-owasp"]),
        (
            "http_request_firewall_custom",
            ["waf-custom-methods", "waf-custom-paths", "waf-custom-admin", "waf-custom-agents"],
        ),
        ("http_ratelimit", ["waf-rate-limit-api"]),
        ("ddos_l7", ["waf-ddos"]),
        (
            "http_request_cache_settings",
            ["cdn-cache-static", "cdn-cache-api", "cdn-cache-personal", "cdn-cache-challenge"],
        ),
        ("http_request_dynamic_redirect", ["cdn-redirect-www"]),
        ("http_config_settings", ["edge-challenge"]),
    ],
)
def test_the_api_shows_every_rule(owner: Owner, phase: str, refs: list[str]) -> None:
    rules = owner.cloudflare(f"/rulesets/phases/{phase}/entrypoint")["rules"]

    assert [rule["ref"] for rule in rules] == refs
    assert all(rule["enabled"] for rule in some(rules))


def test_the_rules_have_the_numbers_of_the_brief(owner: Owner) -> None:
    (limit,) = owner.cloudflare("/rulesets/phases/http_ratelimit/entrypoint")["rules"]
    static, *_ = owner.cloudflare("/rulesets/phases/http_request_cache_settings/entrypoint")["rules"]

    assert limit["ratelimit"]["requests_per_period"] / limit["ratelimit"]["period"] == 10
    assert static["action_parameters"]["edge_ttl"]["default"] == 24 * 3600


def test_the_zone_is_to_be_signed_and_the_registrar_can_be_told_by_what(owner: Owner) -> None:
    assert owner.cloudflare("/dnssec")["status"] in ("active", "pending")
    assert owner.cloudflare("/dnssec")["ds"] in owner.seen["shown"]


def test_nginx_serves_only_who_shows_cloudflares_certificate(owner: Owner, tmp_path: Path) -> None:
    client = tmp_path / "client.pem"
    client.touch(0o600)
    client.write_text(owner.pulumi("config", "get", "neurmatic:origin_pull_client"))

    assert owner.cloudflare("/origin_tls_client_auth/settings")["enabled"] is True
    assert owner.visit(client).status == 200
    assert owner.visit().status == 400


def test_what_is_lost_behind_the_programs_back_is_seen_by_refresh_and_healed_by_up(owner: Owner) -> None:
    assert changes(owner.pulumi("up", "--yes", "--refresh", "--policy-pack", "policies")) == {"unchanged"}
    (record,) = [each for each in owner.cloudflare("/dns_records") if each["name"] == "_dmarc.neurmatic.com"]

    owner.cloudflare(f"/dns_records/{record['id']}", "DELETE")

    refreshed = owner.pulumi("refresh", "--yes", "--skip-preview")
    assert changes(refreshed) == {"deleted", "unchanged"}
    assert re.search(r"mail-dmarc.* delete", refreshed)
    assert changes(owner.pulumi("up", "--yes", "--skip-preview")) == {"created", "unchanged"}
    assert owner.dig("_dmarc.neurmatic.com", "TXT")
