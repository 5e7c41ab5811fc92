"""The platform comes up in one command, and answers as a visitor expects."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import urllib3
from dnslib import DNSRecord  # type: ignore[import-untyped]  # brings no types

from sandbox.clone import LABEL
from sandbox.docker_engine import ensure_docker
from sandbox.outside import table
from sandbox.visitor import NAMES
from tests.some import some
from tests.stories.world import World, changes, run

pytestmark = pytest.mark.story


def test_make_up_again_changes_nothing(world: World) -> None:
    again = world.make("up")

    assert again.returncode == 0, again.stderr
    assert changes(again.stderr) == {"unchanged"}, again.stderr


@pytest.mark.skipif("OFFICIAL_PLUGINS" not in os.environ, reason="CI's job official-plugins asks for them")
def test_the_official_engine_and_plugins_made_what_stands(world: World) -> None:
    made_by = json.loads((world.clone.state / "official-plugins.json").read_text())
    engine = shutil.which("pulumi", path=world.stack.environment()["PATH"])

    assert sorted(made_by) == os.environ["OFFICIAL_PLUGINS"].split()
    assert engine is not None
    assert world.clone.state not in Path(engine).parents


def test_a_docker_that_starts_again_brings_nothing_back_unasked(world: World) -> None:
    containers = ensure_docker(world.clone).containers.list(all=True, filters={"label": f"{LABEL}={world.clone.name}"})

    policies = {container.name: container.attrs["HostConfig"]["RestartPolicy"] for container in some(containers)}
    assert {policy["Name"] or "no" for policy in policies.values()} == {"no"}, policies


def test_refreshing_finds_nothing_that_drifted_or_never_settles(world: World) -> None:
    refreshed = world.pulumi("up", "--yes", "--skip-preview", "--refresh")

    assert changes(refreshed.stdout) == {"unchanged"}, refreshed.stdout + refreshed.stderr


def test_what_is_changed_behind_the_programs_back_is_seen_by_refresh_and_healed_by_up(world: World) -> None:
    world.on_box(f"docker container rm --force {world.containers('redis')[0]}")

    seen = world.pulumi("preview", "--refresh")
    healed = world.pulumi("up", "--yes", "--skip-preview", "--refresh")

    assert changes(seen.stdout) == {"to create", "unchanged"}, seen.stdout
    assert changes(healed.stdout) == {"created", "unchanged"}, healed.stdout
    world.visitor.wait_until_healthy()


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_with_an_ipv6_address_everything_settles_too(world: World, tmp_path: Path) -> None:
    reconfigured = {"PULUMI_OPTION_CONFIG_FILE": world.reconfigured(tmp_path, ("host.ipv6", "2001:db8::10"))}

    first = world.pulumi("up", "--yes", "--skip-preview", **reconfigured)
    again = world.pulumi("up", "--yes", "--skip-preview", "--refresh", **reconfigured)
    published = world.on_box("docker container inspect --format '{{json .HostConfig.PortBindings}}' nginx")
    back = world.pulumi("up", "--yes", "--skip-preview")

    assert first.returncode == 0, first.stdout + first.stderr
    assert changes(again.stdout) == {"unchanged"}, again.stdout
    assert published.count('"HostIp":"::"') == published.count('"HostIp":"0.0.0.0"') == 2
    assert back.returncode == 0, back.stdout
    world.visitor.wait_until_healthy()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_answers_with_a_certificate_that_the_authority_issued(world: World, name: str) -> None:
    answer = world.visitor.get("/api/v1/health/live", name)

    assert answer.status == 200


def test_health_tells_of_every_service_and_of_the_release_in_the_customers_form(world: World) -> None:
    health = world.visitor.health()

    assert health["status"] == "healthy"
    assert {name: service["status"] for name, service in health["services"].items()} == dict.fromkeys(
        ("database", "redis", "queues", "memory"), "up"
    )
    assert (health["version"], health["release"]) == ("1.0.0", "v1.0.0")
    assert health["environment"] == "sandbox"
    assert health["uptime"] > 0


def test_both_backends_take_their_turn(world: World) -> None:
    instances = {world.visitor.health()["instance"] for _ in range(20)}

    assert len(instances) == 2


def test_plain_http_redirects_to_https_under_the_same_name(world: World) -> None:
    answer = world.visitor.get_http("/some/page?x=1", NAMES[1])

    assert answer.status in {301, 308}
    assert answer.headers["location"] == f"https://{NAMES[1]}/some/page?x=1"


@pytest.mark.parametrize("name", NAMES)
def test_the_dns_server_gives_the_address_of_the_vps(world: World, name: str) -> None:
    answer = DNSRecord.parse(DNSRecord.question(name).send(world.clone.cloudflare, 53, timeout=60))

    assert [str(record.rdata) for record in answer.rr] == [world.clone.box]


def test_status_is_one_json_object_that_tells_where_all_is(world: World) -> None:
    status = json.loads(world.make("status").stdout)

    names = {"https", "http", "origin", "ca", "ssh", "s3", "cloudflare", "dns", "registry", "webhooks", "release"}
    assert set(status) == names
    assert status["release"] == "v1.0.0"


def test_the_printed_environment_lets_the_ordinary_pulumi_work_on_the_sandbox(world: World) -> None:
    shell = 'eval "$(python -m sandbox env)" && pulumi stack output release'
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = run(["bash", "-c", shell], world.clone.root, PATH=path)

    assert done.stdout.strip() == "v1.0.0", done.stderr


@pytest.mark.parametrize("image", ["neurmatic/backend", "neurmatic/frontend"])
def test_two_releases_of_the_application_are_there_to_be_deployed(world: World, image: str) -> None:
    with urllib3.PoolManager(ca_certs=str(world.clone.ca), retries=False) as pool:
        login = urllib3.make_headers(basic_auth=f"{table.REGISTRY_USER}:{table.registry_token(world.clone)}")
        listed = pool.request("GET", f"https://{world.clone.registry}/v2/{image}/tags/list", headers=login)

    assert set(listed.json()["tags"]) == {"v1.0.0", "v1.1.0"}


def test_an_item_that_is_sent_twice_is_written_once(world: World) -> None:
    body = {"id": "5f0c9a4e-6a53-4a83-9d1b-2b4a2f3f4c11", "name": "once"}

    answers = [world.visitor.request("POST", "/api/v1/items", body=body).status for _ in range(2)]

    assert answers[0] in {200, 201}  # 200 where the suite ran before
    assert answers[1] == 200
    assert world.visitor.get(f"/api/v1/items/{body['id']}").json()["id"] == body["id"]
