"""Images: none changes unasked, private ones need a login, and a registry that is away stops nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests
import yaml

from sandbox.docker_engine import ensure_docker
from sandbox.outside import table
from tests.stories.world import World, changes, run, wait_until

pytestmark = pytest.mark.story

RUNNING = ("postgres", "redis", "nginx", "application-backend", "application-frontend")
POSTGRES = "library/postgres"


@pytest.fixture
def as_before(world: World) -> Iterator[None]:
    """Bring the platform back to its configuration once the story is over."""
    configuration = world.stack.config_file.read_bytes()
    try:
        yield
    finally:
        world.stack.config_file.write_bytes(configuration)
        back = world.pulumi("up", "--yes", "--skip-preview")
        assert back.returncode == 0, back.stdout + back.stderr


def running(world: World) -> dict[str, list[str]]:
    """Return the ids of all containers that serve, by the beginning of their names."""
    return {name: sorted(world.containers(name)) for name in RUNNING}


@pytest.fixture
def newer(world: World) -> Iterator[str]:
    """Return the digest of a newer postgres:18, under the tag until the story is over."""
    client = ensure_docker(world.clone)
    name = f"127.0.0.1:{world.clone.registry_port}/{POSTGRES}"
    login = {"username": table.REGISTRY_USER, "password": table.registry_token(world.clone)}
    before = client.images.get(f"{name}:18")
    build = io.BytesIO(f"FROM {name}:18\nLABEL newer=yes\n".encode())
    after, _ = client.images.build(fileobj=build, tag=f"{name}:18", rm=True)
    try:
        yield pushed(client, name, login)
    finally:
        before.tag(name, "18")
        pushed(client, name, login)
        client.images.remove(str(after.id))


def pushed(client: docker.DockerClient, name: str, login: dict[str, str]) -> str:
    answers = client.api.push(name, "18", stream=True, decode=True, auth_config=login)
    (digest,) = (answer["aux"]["Digest"] for answer in answers if "aux" in answer)
    return str(digest)


@pytest.mark.usefixtures("as_before")
def test_a_newer_image_is_told_and_changes_nothing_until_somebody_writes_it(world: World, newer: str) -> None:
    before = running(world)

    unasked = world.pulumi("up", "--yes", "--skip-preview", "--refresh")
    told = world.operations("images")
    written = world.operations("images", "--update", "database")
    asked = world.pulumi("up", "--yes", "--skip-preview")
    after = running(world)

    assert changes(unasked.stdout) == {"unchanged"}, unasked.stdout + unasked.stderr
    assert told.returncode == 0, told.stderr
    assert f"a newer one: {newer.removeprefix('sha256:')[:12]}" in told.stdout
    assert told.stdout.count("the same") == 4
    assert written.returncode == 0, written.stderr
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert {name for name in RUNNING if after[name] != before[name]} == {"postgres"}
    assert world.on_box("docker inspect --format '{{.Config.Image}}' postgres").strip().endswith(f"@{newer}")
    world.wait_for("healthy")


@pytest.mark.usefixtures("as_before")
def test_while_the_registry_is_away_a_dns_record_can_be_changed(world: World) -> None:
    registry = ensure_docker(world.clone).containers.get(table.container_name(world.clone, "registry"))
    document = yaml.safe_load(world.stack.config_file.read_text())
    document["config"]["neurmatic:dns"]["ttl"] = 600
    world.stack.config_file.write_text(yaml.safe_dump(document))

    registry.stop()
    try:
        changed = world.pulumi("up", "--yes", "--skip-preview")
        asked = world.operations("images")
    finally:
        registry.start()

    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert changes(changed.stdout) == {"updated", "unchanged"}
    assert asked.returncode == 1
    assert asked.stdout.count("unknown: ") == 5
    wait_until("the registry answers", lambda: answers(world))


def answers(world: World) -> bool:
    try:
        return requests.get(f"https://{world.clone.registry}/", verify=str(world.clone.ca), timeout=60).ok
    except requests.RequestException:
        return False


@pytest.mark.usefixtures("as_before")
def test_a_token_that_is_refused_stops_a_release_before_anything_changes_and_a_good_one_restarts_nothing(
    world: World, tmp_path: Path
) -> None:
    before, configuration = running(world), world.stack.config_file.read_bytes()
    assert world.operations("images", "--release", "v1.1.0").returncode == 0
    released = world.stack.config_file.read_bytes()
    wrong = set_token(world, tmp_path, "no-token-of-this-registry")

    refused = world.pulumi("up", "--yes", "--skip-preview", PULUMI_OPTION_CONFIG_FILE=wrong)
    said = refused.stdout + refused.stderr

    assert refused.returncode != 0
    assert f"{world.clone.registry} refuses the registry_token of {table.REGISTRY_USER}" in said
    assert "type:   neurmatic secrets rotate --stack sandbox registry_token" in said
    assert "no-token-of-this-registry" not in said
    assert running(world) == before
    assert world.visitor.health()["release"] == "v1.0.0"

    world.stack.config_file.write_bytes(configuration)
    mended = world.pulumi("up", "--yes", "--skip-preview")

    assert changes(mended.stdout) <= {"updated", "unchanged"}, mended.stdout + mended.stderr
    assert running(world) == before
    world.stack.config_file.write_bytes(released)
    assert world.pulumi("up", "--yes", "--skip-preview").returncode == 0
    assert world.visitor.health()["release"] == "v1.1.0"


def set_token(world: World, folder: Path, token: str) -> str:
    """Return the path of a copy of the configuration with another token."""
    copy = folder / world.stack.config_file.name
    copy.write_bytes(world.stack.config_file.read_bytes())
    environment = {**world.stack.environment(), "PULUMI_OPTION_CONFIG_FILE": str(copy)}
    done = run(
        ["pulumi", "config", "set", "--secret", "neurmatic:registry_token", token], world.clone.root, **environment
    )
    assert done.returncode == 0, done.stderr
    return str(copy)


def test_the_host_keeps_no_login_and_without_one_gets_no_image(world: World) -> None:
    image = world.on_box("docker inspect --format '{{.Config.Image}}' nginx").strip()

    kept = world.on_box("find /root/.docker /run/neurmatic-login -type f 2>/dev/null || true")
    # By its tag: of one that is there by its digest, Docker asks nobody.
    refused = world.on_box(f"docker pull {image.partition('@')[0]} 2>&1 || true")

    assert kept == ""
    assert "no basic auth credentials" in refused


def test_swarm_gets_a_lost_image_by_itself(world: World) -> None:
    (lost,) = world.containers("application-frontend")
    image = world.on_box(f"docker inspect --format '{{{{.Config.Image}}}}' {lost}").strip()

    # Within the 2 s that Swarm waits before it starts another.
    world.on_box(f"docker container rm --force {lost} && docker image rm --force {image}")

    wait_until("another frontend runs", lambda: set(world.containers("application-frontend")) not in ({lost}, set()))
    world.wait_for("healthy")


def test_a_container_that_is_lost_with_its_image_is_healed(world: World) -> None:
    image = world.on_box("docker inspect --format '{{.Config.Image}}' redis").strip()
    world.on_box(f"docker container rm --force redis && docker image rm --force {image}")

    healed = world.pulumi("up", "--yes", "--skip-preview", "--refresh")

    assert changes(healed.stdout) == {"created", "unchanged"}, healed.stdout + healed.stderr
    world.wait_for("healthy")
