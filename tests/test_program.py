"""The program as a whole, with the configurations of the sandbox and of production, on the mock engine."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from urllib.parse import quote

import pytest

from tests.engine import CANARIES, CERTIFICATE, DIGEST, ROOT, Declared, Resource
from tests.judge import judge
from tests.some import some

STATEFUL = {"database-data", "cache-data", "dns-zone", "backup-bucket"}


def test_the_program_obeys_our_policies(platform: Declared, previewed: Declared, production: Declared) -> None:
    for resource in some([*platform.resources, *previewed.resources, *production.resources]):
        found = judge(resource.type, resource.request.object, protect=resource.request.protect)
        assert found == [], f"{resource.name} breaks a rule"


@pytest.mark.parametrize(
    ("name", "text", "bad"),
    [
        ("database-server", '"127.0.0.1"', '"0.0.0.0"'),
        ("cache-server", '"127.0.0.1"', '""'),
        ("load-balancer-configuration", "TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2"),
    ],
)
def test_the_program_made_insecure_is_refused(platform: Declared, name: str, text: str, bad: str) -> None:
    resource = platform[name]
    inputs = json.loads(json.dumps(resource.inputs).replace(text, bad))

    assert len(judge(resource.type, inputs)) == 1


def forms(secret: str) -> set[str]:
    """Return the forms in which the program passes a secret on: as it is, in a URL, and as base64."""
    return {secret, quote(secret, safe=""), b64encode(secret.encode()).decode()}


def test_no_secret_is_declared_in_the_clear(platform: Declared, previewed: Declared, production: Declared) -> None:
    for resource in some([*platform.resources, *previewed.resources, *production.resources]):
        for name, canary in CANARIES.items():
            assert not any(form in resource.in_the_clear for form in some(forms(canary))), (
                f"{resource.name} shows {name}"
            )
        assert "the ssh_private_key_file" not in resource.in_the_clear, f"{resource.name} shows the private key"


def test_production_uses_every_secret_that_there_is(production: Declared) -> None:
    everything = " ".join(json.dumps(resource.inputs) for resource in production.resources)

    for name in some(CANARIES.keys() - {"origin_pull_authority"}):
        assert any(form in everything for form in forms(CANARIES[name])), f"nothing uses {name}"


def test_only_the_certificate_of_our_authority_leaves_the_stack_file(production: Declared) -> None:
    everything = " ".join(json.dumps(resource.inputs) for resource in production.resources)

    assert json.dumps(CERTIFICATE.format("origin_pull_authority").strip())[1:-1] in everything
    assert CANARIES["origin_pull_authority"] not in everything


def test_what_swarm_keeps_secret_the_state_keeps_secret_too(production: Declared, previewed: Declared) -> None:
    for resource in (*some(production.of_type(":Secret")), *some(previewed.of_type(":Secret"))):
        assert json.loads(resource.in_the_clear)["data"] == "(secret)", resource.name


def test_a_command_line_is_short_and_holds_no_value(production: Declared) -> None:
    lines = {command.inputs["create"] for command in production.of_type("remote:Command")}

    assert all(re.fullmatch(r"sh -s [a-z-]+\.sh", line) for line in some(lines)), lines


def test_a_command_that_gets_a_secret_shows_and_prints_nothing(production: Declared) -> None:
    commands = production.of_type("remote:Command")
    canaries = [form for canary in CANARIES.values() for form in forms(canary)]

    for command in some(command for command in commands if any(form in command.inputs["stdin"] for form in canaries)):
        assert json.loads(command.in_the_clear)["stdin"] == "(secret)", command.name
        assert command.inputs["logging"] == "none"
        assert set(command.request.additionalSecretOutputs) >= {"stdout", "stderr"}


def test_what_holds_data_is_protected_and_volumes_survive_the_stack(platform: Declared) -> None:
    for resource in some(platform.made):
        assert resource.request.protect == (resource.name in STATEFUL), resource.name
    for volume in some(platform.of_type(":Volume")):
        assert volume.request.retainOnDelete, "S3 refuses to delete a bucket that is not empty; Docker has no such care"


def test_a_container_counts_as_deployed_when_it_is_healthy_and_not_before_it_can_be_ill(platform: Declared) -> None:
    for container in some(platform.of_type(":Container")):
        check = container.inputs["healthcheck"]
        start, interval, timeout = (int(check[key].removesuffix("s")) for key in ("startPeriod", "interval", "timeout"))

        assert container.inputs["wait"] is True, container.name
        assert container.inputs["waitTimeout"] > start + check["retries"] * (interval + timeout), container.name


def test_every_image_is_pinned_by_digest(platform: Declared) -> None:
    images = [each.inputs["image"] for each in platform.of_type(":Container")]
    images += [each.inputs["taskSpec"]["containerSpec"]["image"] for each in platform.of_type(":Service")]

    assert sorted(images) == sorted(platform.outputs["images"])
    assert all(image.endswith(f"@{DIGEST}") for image in some(images))


def test_every_image_is_on_the_host_before_anything_else_changes_there(
    platform: Declared, production: Declared
) -> None:
    for declared, pulls in ((platform, ["private-images"]), (production, ["images", "private-images"])):
        scripts = [f"host-{name}" for name in pulls]
        pulled = " ".join(declared[name].inputs["stdin"] for name in scripts)

        on_the_host = [resource for resource in declared.resources if re.match(r"docker:|command:", resource.type)]

        assert all(image in pulled for image in some(declared.outputs["images"]))
        for resource in some(
            resource for resource in on_the_host if not resource.name.startswith(("host-", "capacity-"))
        ):
            assert {*scripts} <= before(declared, resource), resource.name


def test_a_token_of_the_registry_changes_what_asks_for_images_and_nothing_that_runs_them(production: Declared) -> None:
    using = {each.name for each in production.resources if CANARIES["registry_token"] in json.dumps(each.inputs)}

    assert using == {"host", "host-private-images"}


def test_only_nginx_is_published_to_the_world_and_only_80_and_443(platform: Declared) -> None:
    published = {
        (container.name, port["external"])
        for container in platform.of_type(":Container")
        for port in container.inputs.get("ports", [])
        if port["ip"] not in ("127.0.0.1", "::1")
    }

    assert published == {("load-balancer-server", 80), ("load-balancer-server", 443)}


def test_only_what_uses_the_data_reaches_it(platform: Declared) -> None:
    joined: dict[str, set[str]] = {}
    for container in platform.of_type(":Container"):
        for network in container.inputs["networksAdvanced"]:
            joined.setdefault(network["name"], set()).add(container.name)
    for service in platform.of_type(":Service"):
        for network in service.inputs["taskSpec"]["networksAdvanceds"]:
            joined.setdefault(network["id"], set()).add(service.name)
    visitors, data = "network-visitors-1a2b3c4", "network-data-1a2b3c4"

    assert joined == {
        visitors: {"load-balancer-server", "application-frontend", "application-backend"},
        data: {"application-backend", "database-server", "cache-server"},
    }
    assert f"--network {data} " in platform["application-migration"].inputs["stdin"]


def test_the_only_network_that_there_was_becomes_the_visitors(platform: Declared) -> None:
    (alias,) = platform["network-visitors"].request.aliases

    assert alias.spec.name == "network-overlay"


def before(platform: Declared, resource: Resource) -> set[str]:
    """Return all that must stand before a resource, directly or not."""
    found: set[str] = set()
    names = _at_once_before(resource)
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names |= _at_once_before(platform[name])
    return found


def _at_once_before(resource: Resource) -> set[str]:
    return resource.depends_on | ({resource.provider} if resource.provider else set())


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("host-ready", "network-visitors"),
        ("host-ready", "network-data"),
        ("database-server", "application-migration"),
        ("cache-server", "application-migration"),
        ("cache-login", "cache-server"),
        ("database-login", "application-migration"),
        ("application-frontend-verified", "rotation-database"),
        ("application-frontend-verified", "rotation-cache"),
        ("application-migration", "application-backend"),
        ("application-backend-verified", "application-frontend"),
        ("application-frontend", "application-frontend-verified"),
        ("load-balancer-configuration", "load-balancer-server"),
        ("load-balancer-server", "certificate-issued"),
        ("dns-apex", "certificate-issued"),
        ("dns-www", "certificate-issued"),
        ("dns-api", "certificate-issued"),
    ],
)
def test_the_order_of_a_deployment_holds(platform: Declared, earlier: str, later: str) -> None:
    assert earlier in before(platform, platform[later])


def test_nginx_trusts_our_authority_before_cloudflare_shows_its_certificate(production: Declared) -> None:
    assert "load-balancer-configuration" in before(production, production["edge-origin-pull-certificate"])


def test_nothing_is_made_anywhere_before_the_host_was_asked_what_it_has(
    platform: Declared, production: Declared
) -> None:
    for declared in (platform, production):
        for resource in some(each for each in declared.made if each.name != "capacity-checked"):
            assert "capacity-checked" in before(declared, resource), resource.name
        assert before(declared, declared["capacity-checked"]) == set()


@pytest.mark.parametrize("apart", ["load-balancer-server", "certificate-certbot", "backup-bucket", "dns-zone"])
def test_what_need_not_wait_for_the_release_does_not(platform: Declared, apart: str) -> None:
    assert not {"application-migration", "database-server"} & before(platform, platform[apart])


def test_everything_on_the_host_waits_for_the_host(platform: Declared) -> None:
    on_the_host = [resource for resource in platform.resources if re.match(r"docker:|command:", resource.type)]

    for resource in some(each for each in on_the_host if each.name not in ("host-ready", "capacity-checked")):
        assert "host-ready" in before(platform, resource), resource.name


def test_services_and_secrets_are_named_by_docker_so_that_replacing_them_leaves_no_gap(platform: Declared) -> None:
    for type_ in (":Service", ":Secret", ":ServiceConfig"):
        assert all("name" not in resource.inputs for resource in some(platform.of_type(type_)))


def test_the_exports_are_what_users_and_operators_need(platform: Declared) -> None:
    assert platform.outputs["release"] == "v1.0.0"
    assert platform.outputs["urls"] == [
        "https://neurmatic.com",
        "https://www.neurmatic.com",
        "https://api.neurmatic.com",
    ]
    assert platform.outputs["backup_bucket_name"] == "neurmatic-backups"
    assert len(platform.outputs["images"]) == 5


def test_what_people_and_the_sandbox_read_of_the_stacks_outputs_is_exported(platform: Declared) -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))

    assert {"release", *some(re.findall(r"stack output (\w+)", pages))} <= platform.outputs.keys()


def test_logical_names_stay_because_another_name_replaces_the_resource(platform: Declared) -> None:
    assert sorted(resource.name for resource in platform.made) == [
        "application-backend",
        "application-backend-verified",
        "application-entrypoint",
        "application-frontend",
        "application-frontend-verified",
        "application-healthcheck",
        "application-migration",
        "backup-access-reader",
        "backup-access-reader-attachment",
        "backup-access-reader-group",
        "backup-access-reader-key",
        "backup-access-reader-membership",
        "backup-access-reader-policy",
        "backup-access-writer",
        "backup-access-writer-attachment",
        "backup-access-writer-group",
        "backup-access-writer-key",
        "backup-access-writer-membership",
        "backup-access-writer-policy",
        "backup-bucket",
        "backup-bucket-encryption",
        "backup-bucket-lifecycle",
        "backup-bucket-ownership",
        "backup-bucket-private",
        "backup-bucket-tls-only",
        "backup-bucket-versioning",
        "backups",
        "cache-data",
        "cache-login",
        "cache-server",
        "capacity-checked",
        "cdn-cache",
        "cdn-redirects",
        "certificate-certbot",
        "certificate-issued",
        "database-data",
        "database-login",
        "database-server",
        "dns-apex",
        "dns-api",
        "dns-caa-iodef",
        "dns-caa-issue",
        "dns-dnssec",
        "dns-www",
        "dns-zone",
        "edge-0rtt",
        "edge-always-use-https",
        "edge-automatic-https-rewrites",
        "edge-brotli",
        "edge-configuration",
        "edge-http3",
        "edge-min-tls-version",
        "edge-origin-pulls",
        "edge-security-header",
        "edge-ssl",
        "edge-tls-1-3",
        "host",
        "host-private-images",
        "host-ready",
        "load-balancer-configuration",
        "load-balancer-server",
        "mail-dmarc",
        "mail-spf",
        "network-data",
        "network-visitors",
        "rotation-cache",
        "rotation-database",
        "secrets-database-url",
        "secrets-jwt-refresh-secret",
        "secrets-jwt-secret",
        "secrets-redis-url",
        "secrets-session-secret",
        "waf-custom",
        "waf-ddos",
        "waf-managed",
        "waf-rate-limits",
        "zone",
    ]


def test_production_has_all_of_the_sandbox_and_what_needs_accounts(platform: Declared, production: Declared) -> None:
    everywhere = {resource.name for resource in platform.made}

    assert everywhere <= {resource.name for resource in production.made}
    assert sorted({resource.name for resource in production.made} - everywhere) == [
        "edge-http2",
        "edge-origin-pull-certificate",
        "host-images",
        "mail-sendgrid-bounces",
        "mail-sendgrid-s1",
        "mail-sendgrid-s2",
        "secrets-github-client-id",
        "secrets-github-client-secret",
        "secrets-google-client-id",
        "secrets-google-client-secret",
        "secrets-linkedin-client-id",
        "secrets-linkedin-client-secret",
        "secrets-sendgrid-api-key",
        "secrets-sentry-dsn",
        "secrets-slack-webhook-url",
    ]
