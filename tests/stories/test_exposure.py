"""What can be reached, and what can be read: ports from outside, secrets anywhere."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.stories.world import World

pytestmark = pytest.mark.story

MEANT_TO_BE_OPEN = {22, 80, 443}


def test_from_outside_the_vps_only_ssh_http_and_https_accept(world: World) -> None:
    def accepts(port: int) -> bool:
        try:
            socket.create_connection((world.clone.box, port), timeout=1).close()
        except OSError:
            return False
        return True

    with ThreadPoolExecutor(100) as pool:
        opened = {port for port, is_open in enumerate(pool.map(accepts, range(65536))) if is_open}

    assert opened == MEANT_TO_BE_OPEN


@pytest.mark.parametrize("port", [5432, 6379])
def test_the_databases_listen_on_loopback_of_the_vps_and_nowhere_else(world: World, port: int) -> None:
    listening = world.on_box(f"ss --listening --tcp --numeric --no-header 'sport = :{port}'").splitlines()

    assert [line.split()[3] for line in listening] == [f"127.0.0.1:{port}"]


@pytest.mark.parametrize(("name", "neighbour"), [("nginx", "backend:3000"), ("application-frontend", "nginx:80")])
def test_what_passes_requests_on_reaches_no_database(world: World, name: str, neighbour: str) -> None:
    container = world.containers(name)[0]
    where = "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'"
    servers = [("postgres", 5432), ("redis", 6379)]
    addresses = [(world.on_box(f"{where} {server}").strip(), port) for server, port in servers]

    def reached(target: str) -> bool:
        curl = "curl --silent --output /dev/null --max-time 2 --write-out '%{time_connect}'"
        return float(world.on_box(f"docker exec {container} {curl} telnet://{target} </dev/null || true")) > 0

    assert reached(neighbour), "the question has to have an answer where there is one"
    assert [target for target in [*servers, *addresses] if reached("{}:{}".format(*target))] == []


def test_no_secret_is_to_be_found_outside_the_application_and_its_files(world: World) -> None:
    values = secrets_of(world)
    places = dict(readable_places(world))

    found = {
        f"{name} in {place}"
        for place, text in places.items()
        for name, value in values.items()
        if any(form in text for form in forms(value))
    }

    assert len(places) > 100, "the search has to have looked at this machine's processes, too"
    assert found == set()


def test_the_search_for_secrets_finds_one_where_the_application_has_it(world: World) -> None:
    backend = world.containers("application-backend")[0]

    environment = world.on_box(f"cat /proc/$(docker inspect --format '{{{{.State.Pid}}}}' {backend})/task/*/children")
    own = world.on_box(f"tr '\\0' '\\n' < /proc/{environment.split()[0]}/environ")

    assert secrets_of(world)["postgres_password"] in own


def forms(secret: str) -> set[str]:
    """Return a secret as it is, and what base64 makes of it wherever it stands in a longer text."""
    encoded = {b64encode(b" " * before + secret.encode()).decode()[4:-4] for before in range(3)}
    return {secret, *encoded}


def secrets_of(world: World) -> dict[str, str]:
    """Return the real values that must stay secret."""
    shown = json.loads(world.pulumi("config", "--show-secrets", "--json").stdout)
    values = {key.partition(":")[2]: one["value"] for key, one in shown.items() if one["secret"]}
    assert len(values) >= 6
    outputs = json.loads(world.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    keys = {f"key of the backups' {role}": key["secret"] for role, key in outputs["backup_keys"].items()}
    return {**values, **keys, "ssh key": world.clone.ssh_key.read_text().splitlines()[2]}


def readable_places(world: World) -> Iterator[tuple[str, str]]:
    """Yield what an onlooker can read, by its place: state, plan, logs, inspections, processes."""
    yield "stack export", world.pulumi("stack", "export").stdout
    yield "plan", world.pulumi("preview", "--diff", "--policy-pack", "policies").stdout
    yield "plan as JSON", world.pulumi("preview", "--json").stdout
    for file in [*world.clone.logs.rglob("*.log"), *(world.clone.state / ".pulumi").rglob("*.json*")]:
        yield str(file), file.read_text(errors="replace")
    yield "configuration", world.stack.config_file.read_text()
    yield "journal", world.on_box("journalctl --no-pager --quiet")
    for kind in ("container", "service", "secret", "config", "network", "volume"):
        listed = "docker container ls --all --quiet" if kind == "container" else f"docker {kind} ls --quiet"
        yield f"docker inspect of every {kind}", world.on_box(f"docker {kind} inspect $({listed})")
    for container in world.on_box("docker container ls --all --quiet").split():
        yield f"docker logs of {container}", world.on_box(f"docker logs {container} 2>&1")
    # The VPS is a container of this machine, so that this machine sees its processes too.
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text(errors="replace")
            environment = (process / "environ").read_text(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        yield f"command line of {process.name}", command
        if not is_application(command):
            yield f"environment of {process.name} ({command!r})", environment


def is_application(command: str) -> bool:
    """Tell whether a process is the backend, which gets its secrets as variables: that is its contract."""
    return command.startswith("node\0")
