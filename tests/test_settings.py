"""What the settings take, and what they say about what they refuse."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import settings
from tests.engine import CANARIES, DIGEST, declare, stack_config
from tests.some import some

SECRET_KEYS = {f"neurmatic:{name}" for name in settings.SECRETS}
Config = dict[str, Any]
DNS = {"account_id": "0" * 32}
EXCHANGE = {"host": "mx.example.net", "priority": 10}
API_LIMIT = {"name": "api", "path": "/api/", "requests": 100, "period_seconds": 10, "block_seconds": 10}
LOGIN_LIMIT = {**API_LIMIT, "name": "login", "path": "/api/v1/auth/"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the sandbox's configuration, objects as objects, to be made wrong."""
    texts = stack_config("sandbox", tmp_path)
    return {key: json.loads(text) if text.startswith("{") else text for key, text in texts.items()}


def refused(config: Config, secret: set[str] = SECRET_KEYS) -> list[settings.Problem]:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return settings.parse(texts, secret, "sandbox")[1]


def put(path: str, value: object) -> Callable[[Config], None]:
    """Return a change of one setting; `...` removes it."""
    section, *keys = path.split(".")

    def change(config: Config) -> None:
        target, *rest = f"neurmatic:{section}", *keys
        for key in rest:
            config, target = config[target], key
        if value is ...:
            del config[target]
        else:
            config[target] = value

    return change


NO_DIGEST = "has no digest, so that it would be another image on the day its tag moves"


@pytest.mark.parametrize(
    ("change", "key", "wrong", "mend"),
    [
        (put("databse", {}), "databse", "is no setting of this program; did you mean neurmatic:database?", "config rm"),
        (put("database.imag", "x:1"), "database.imag", "is no setting; did you mean image?", "config rm --path"),
        (put("database", ...), "database", "is missing: PostgreSQL.", "pulumi config set --path"),
        (put("certificate.email", ...), "certificate.email", "is missing: Account that the authority", "config set"),
        (put("dns", "hello"), "dns", 'valid dictionary or instance of DnsSettings (it is "hello")', "config set"),
        (put("application.backend.replicas", 1), "application.backend.replicas", "greater than or equal to 2", "set"),
        (put("application.backend.replicas", "two"), "application.backend.replicas", '(it is "two")', "config set"),
        (put("application.backend.port", 80), "application.backend.port", "it would have to run as root", "config set"),
        (
            put("application.backend.image", "ghcr.io/a/b:v1.0.0"),
            "application.backend.image",
            NO_DIGEST,
            "--update backend --stack sandbox",
        ),
        (
            put("application.frontend.image", f"ghcr.io/a/b:v2@{DIGEST}"),
            "application.frontend.image",
            "has the tag v2, and neurmatic:release is v1.0.0",
            "neurmatic images --release v1.0.0 --stack sandbox",
        ),
        (put("database.image", "postgres:18"), "database.image", NO_DIGEST, "--update database --stack sandbox"),
        (put("cache.image", "redis:8@sha256:0"), "cache.image", "is no image with its tag", "such as postgres:18"),
        (put("registry.server", "ghcr"), "registry.server", "is no host of a registry", "ghcr.io"),
        (
            put("registry", {"server": "ghcr.io", "user": "a"}),
            "registry.server",
            "is ghcr.io, and the images come from 192.0.2.23",
            "pulumi config rm 'neurmatic:registry'",
        ),
        (put("application.backend.environment", {"a b": "c"}), "application.backend.environment.a b", "pattern", "set"),
        (
            put("application.backend.environment", {"PORT": "8080"}),
            "application.backend.environment.PORT",
            "the program sets itself",
            "pulumi config rm --path 'neurmatic:application.backend.environment.PORT'",
        ),
        (
            put("application.backend.environment", {"SLACK_WEBHOOK_URL": "in the clear"}),
            "application.backend.environment.SLACK_WEBHOOK_URL",
            "the program sets itself",
            "config rm",
        ),
        (put("application.frontend.health_command", []), "application.frontend.health_command", "at least 1", "set"),
        (put("application.monitor_seconds", 60), "application.monitor_seconds", "less than or equal to 59", "set"),
        (
            put("application.frontend.health_command", ["true"]),
            "application.frontend.health_command",
            "succeeds whatever",
            "name a command that fails",
        ),
        (
            put("application.backend.environment", {"A": "a\0b"}),
            "application.backend.environment.A",
            "pattern",
            "config set",
        ),
        (put("application.backend.user_id", 2**31), "application.backend.user_id", "equal to 2147483647", "config set"),
        (put("host.swarm_address", "203.0.113.7"), "host.swarm_address", "others reach", "RFC 1918"),
        (put("dns.api_url", "http://192.0.2.9/"), "dns.api_url", "is not https", "with https"),
        (put("dns.api_url", "http://api.example.net/"), "dns.api_url", "is not https", "with https"),
        (put("mail", {"dmarc_policy": "none"}), "mail.dmarc_policy", "'quarantine' or 'reject'", "config set"),
        (put("edge", {"rate_limits": []}), "edge.rate_limits", "no rate limit holds /api/ to 10 requests", "add {name"),
        (put("dns.proxied", True), "edge.origin_pulls", "is off, so that nginx would serve", "origin_pulls' required"),
        (put("release", "latest"), "release", "names whatever is newest", "name a version"),
        (
            put("load_balancer.image", "nginx:latest"),
            "load_balancer.image",
            "names whatever is newest",
            "name a version",
        ),
        (put("load_balancer.image", "nginx"), "load_balancer.image", "no image with its tag", "repository:tag"),
        (put("database.memory", 512), "database.memory", "is not a size (it is 512)", '"512MB" or "2GB"'),
        (put("cache.memory", "5MB"), "cache.memory", "not between 6MB", "what the container needs"),
        (put("application.backend.memory", "99999GB"), "application.backend.memory", "and 8192GB", "host's memory"),
        (put("database.memory", "0MB"), "database.memory", "is not a size", "whole number"),
        (
            put("database.shared_buffers", "300MB"),
            "database",
            "300MB is more than half of the container's 512MB",
            "raise",
        ),
        (
            put("cache.memory", "79MB"),
            "cache",
            "79MB is less than saving needs: 1.25 x maxmemory = 80MB",
            "raise memory",
        ),
        (
            put("dns", {**DNS, "proxied": True, "ttl": 300}),
            "dns",
            "ttl is 300, and Cloudflare serves proxied",
            "or set 1",
        ),
        (put("dns.ttl", 1), "dns", "ttl is 1, and Cloudflare takes 60 to 86400", "raise ttl"),
        (put("backup_bucket.expire_after_days", 90), "backup_bucket", "90 is not below expire_after_days 90", "lower"),
        (
            put("host.ssh_private_key_file", "/nowhere"),
            "host.ssh_private_key_file",
            "not point to a file",
            "config set",
        ),
        (put("network", {"subnet": "10.0.0.0/32"}), "network.subnet", "is too small", "a /26 or larger"),
        (put("network", {"data_subnet": "10.0.0.0/32"}), "network.data_subnet", "is too small", "a /26 or larger"),
        (
            put("network", {"subnet": "10.64.0.0/16"}),
            "network.data_subnet",
            "10.64.78.0/24 overlaps subnet 10.64.0.0/16",
            "apart from it",
        ),
        (put("host.ipv4", "vps.example"), "host.ipv4", "valid IPv4 address", "config set"),
        (put("host.ipv4", 5), "host.ipv4", "is a number", "write it as text"),
        (put("host.ipv4", True), "host.ipv4", "is a number", "write it as text"),
        (put("host.address", "-oProxyCommand=x"), "host.address", "pattern", "config set"),
        (put("domain", "Not A Domain"), "domain", "pattern", "config set"),
        (put("mail", {"exchanges": [EXCHANGE, EXCHANGE]}), "mail", "two exchanges have one host", "remove one"),
        (put("mail", {"dmarc_reports": "a@b.cd;p=none"}), "mail.dmarc_reports", "pattern", "config set"),
        (put("mail", {"dmarc_reports": "a;p=none@b.cd"}), "mail.dmarc_reports", "pattern", "config set"),
        (put("mail", {"dmarc_reports": "a@b.cd,c@d.ef"}), "mail.dmarc_reports", "pattern", "config set"),
        (put("tls", {"hsts_max_age_seconds": 300}), "tls.hsts_max_age_seconds", "equal to 31536000", "config set"),
        (put("tls", {"hsts_preload": False}), "tls.hsts_preload", "is no setting", "config rm --path"),
        (
            put("edge", {"rate_limits": [API_LIMIT, LOGIN_LIMIT]}),
            "edge",
            "2 rate limits are more than the 1 of plan free",
            "set plan to pro",
        ),
        (
            put("edge", {"plan": "pro", "rate_limits": [API_LIMIT | {"period_seconds": 120}]}),
            "edge",
            "120 seconds of a rate limit's period are more than the 60 of plan pro",
            "set plan to business",
        ),
        (
            put("edge", {"rate_limits": [API_LIMIT | {"block_seconds": 3600}]}),
            "edge",
            "3600 seconds of a rate limit's block are more than the 10 of plan free",
            "set plan to pro",
        ),
        (
            put("edge", {"plan": "business", "rate_limits": [API_LIMIT | {"block_seconds": 86_400}] * 6}),
            "edge",
            "6 rate limits are more than the 5 of plan business",
            "no plan has more",
        ),
        (put("edge", {"static_cache_seconds": 60}), "edge", "is below the 7200 of plan free", "set plan to business"),
        (put("edge", {"rate_limits": [API_LIMIT | {"period_seconds": 11}]}), "edge.rate_limits[0]", "is 11", "10, 15"),
        (put("edge", {"plan": "pro", "rate_limits": [API_LIMIT] * 2}), "edge", "two rate_limits have one", "its own"),
        (put("edge", {"owasp_paranoia_level": 2}), "edge", "plan free has no OWASP rules", "set plan to pro"),
        (
            put("edge", {"rate_limits": [{key: API_LIMIT[key] for key in API_LIMIT if key != "path"}]}),
            "edge.rate_limits[0].path",
            "is missing: Every",
            "[0].path",
        ),
        (put("mail", {"sendgrid": {"subdomain": "em1"}}), "mail.sendgrid.account", "is missing: The account", "set"),
        (
            put("mail", {"sendgrid": {"subdomain": "em1", "account": "u1.wl1", "acount": "u1.wl1"}}),
            "mail.sendgrid.acount",
            "did you mean account?",
            "config rm",
        ),
        (put("application.third_party", ["sendgrid"]), "application", "mail.sendgrid is not set", "sendgrid.subdomain"),
        (
            put("dns", {**DNS, "records": [{"name": "a.neurmatic.com", "type": "A", "content": "host.example"}]}),
            "dns.records[0]",
            "no address for a record of type A",
            "the address alone",
        ),
        (
            put("backup_bucket.object_lock_days", 365),
            "backup_bucket",
            "365 is not below expire_after_days 365",
            "lower",
        ),
        (
            put("secrets", {"changed": {"jwt": "2026-01-01"}}),
            "secrets.changed.jwt",
            ": The day on which each was set.",
            "config set",
        ),
        (
            put("postgres_password", ...),
            "postgres_password",
            "is missing; it is a secret",
            "secrets init --stack sandbox",
        ),
        (put("jwt_secret", "short"), "jwt_secret", "at least 16 printable characters", "secrets rotate --stack"),
        (put("jwt_secret", "with a space in it"), "jwt_secret", "without spaces", "rotate --stack sandbox jwt_secret"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place_what_is_wrong_and_the_mend(
    config: Config, change: Callable[[Config], None], key: str, wrong: str, mend: str
) -> None:
    change(config)

    (problem,) = refused(config)

    assert problem.key == f"neurmatic:{key}"
    assert wrong in problem.wrong
    assert mend in problem.mend


def test_pools_that_exceed_the_database_are_refused_with_all_numbers(config: Config) -> None:
    put("application.backend.pool_size", 14)(config)

    (problem,) = refused(config)

    assert problem.key == "neurmatic:application"
    assert "(2 replicas + 1 during an update) x pool_size 14 + 10 reserved = 52 connections" in problem.wrong
    assert "more than database.max_connections 50" in problem.wrong


@pytest.mark.parametrize(
    ("dns", "ttl"),
    [(DNS, 300), ({**DNS, "ttl": 3600}, 3600), ({**DNS, "proxied": True}, 1), ({**DNS, "proxied": True, "ttl": 1}, 1)],
)
def test_proxied_alone_decides_between_our_ttl_and_cloudflares(dns: Config, ttl: int) -> None:
    assert settings.DnsSettings.model_validate(dns).record_ttl == ttl


def test_a_stack_needs_the_secrets_of_what_it_uses_and_no_others(config: Config) -> None:
    put("application.third_party", ["google"])(config)
    put("edge", {"origin_pulls": "required"})(config)
    config["neurmatic:google_client_id"] = "canary/of+google_client_id="

    assert {problem.key.removeprefix("neurmatic:") for problem in refused(config)} == {
        "google_client_secret",
        "origin_pull_authority",
        "origin_pull_client",
    }


def test_pools_that_just_fit_are_taken(config: Config) -> None:
    put("database.max_connections", 40)(config)

    assert refused(config) == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v4", "http://localhost/v4", "http://[::1]/v4", "https://a.example/"]
)
def test_what_leaves_this_machine_goes_over_tls_and_what_does_not_need_not(config: Config, url: str) -> None:
    put("dns.api_url", url)(config)

    assert refused(config) == []


def test_a_key_may_lie_in_the_home_of_whoever_deploys(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").touch()
    put("host.ssh_private_key_file", "~/key")(config)

    assert refused(config) == []


def test_the_mend_of_a_missing_secret_is_the_whole_command(config: Config) -> None:
    put("postgres_password", ...)(config)

    (problem,) = refused(config)

    assert problem.mend == "neurmatic secrets init --stack sandbox"


def test_a_provider_configured_beside_the_program_is_refused(config: Config) -> None:
    config["aws:region"] = "eu-west-3"

    (problem,) = refused(config)

    assert problem.mend == "pulumi config rm 'aws:region'"


def test_the_engines_own_settings_are_let_through(config: Config) -> None:
    config["pulumi:tags"] = "{}"

    assert refused(config) == []


def test_all_mistakes_are_told_at_once(config: Config) -> None:
    for change in (
        put("application.backend.pool_size", 99),
        put("cache.memory", "65MB"),
        put("certificate.email", ...),
        put("dns.tll", 300),
        put("surprise", "x"),
        put("redis_password", ...),
    ):
        change(config)

    assert {problem.key for problem in refused(config)} == {
        "neurmatic:application",
        "neurmatic:cache",
        "neurmatic:certificate.email",
        "neurmatic:dns.tll",
        "neurmatic:surprise",
        "neurmatic:redis_password",
    }


def test_a_secret_in_the_clear_is_refused_and_not_told(config: Config) -> None:
    (problem,) = refused(config, SECRET_KEYS - {"neurmatic:jwt_secret"})

    assert problem.wrong == "is a secret and stands in the clear"
    assert CANARIES["jwt_secret"] not in str(problem)


def test_a_section_with_a_secret_inside_is_refused_and_not_told(config: Config) -> None:
    put("database.memory", "a secret")(config)

    (problem,) = refused(config, SECRET_KEYS | {"neurmatic:database"})

    assert problem.key == "neurmatic:database"
    assert "a secret" not in str(problem).replace("holds a secret", "")


def test_a_program_with_a_mistake_ends_in_one_clean_error_before_anything_is_declared(
    tmp_path: Path,
) -> None:
    texts = {**stack_config("sandbox", tmp_path), "neurmatic:release": "latest"}

    with pytest.raises(pulumi.RunError, match=r"one mistake; nothing was changed, .*\nneurmatic:release\n") as raised:
        declare(lambda: settings.load() and None, texts)

    assert not any(canary in str(raised.value) for canary in CANARIES.values())


def test_sizes_are_whole_megabytes(config: Config) -> None:
    put("database.memory", "2GB")(config)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    parsed, problems = settings.parse(texts, SECRET_KEYS, "sandbox")

    assert problems == []
    assert parsed is not None
    assert parsed.database.memory == 2048


def test_every_section_says_what_it_means_for_what_is_wrong_in_it() -> None:
    assert [name for name, field in some(settings.Settings.model_fields.items()) if not field.description] == []


def test_the_json_schema_tells_what_a_setting_means() -> None:
    schema = settings.schema()

    replicas = schema["$defs"]["BackendSettings"]["properties"]["replicas"]
    assert replicas["description"] == "Fewer than two leave nothing to serve while one is lost."


def test_the_json_schema_is_what_the_package_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("settings", run_name="__main__")

    assert json.loads(capsys.readouterr().out) == settings.schema()
