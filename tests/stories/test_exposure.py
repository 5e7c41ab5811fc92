"""What can be reached, and what can be read: ports from outside, secrets anywhere."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.some import some
from tests.stories.world import World, wait_until

pytestmark = pytest.mark.story

MEANT_TO_BE_OPEN = {22, 80, 443}
# VXLAN, by which the overlay networks reach other nodes. It takes packets from anybody until the host has a firewall,
# as `make audit` says (overlay-port-filtered).
TAKES_DATAGRAMS = {4789}


def test_from_outside_the_vps_only_ssh_http_and_https_accept(world: World) -> None:
    def accepts(port: int) -> bool:
        try:
            socket.create_connection((world.clone.box, port), timeout=60).close()
        except OSError:
            return False
        return True

    with ThreadPoolExecutor(100) as pool:
        opened = {port for port, is_open in enumerate(pool.map(accepts, range(65536))) if is_open}

    assert opened == MEANT_TO_BE_OPEN


def test_from_outside_the_vps_only_the_overlay_networks_take_datagrams(world: World) -> None:
    listening = [line.split()[3] for line in world.on_box("ss --listening --udp --numeric --no-header").splitlines()]
    public = {int(port) for address, _, port in (line.rpartition(":") for line in listening) if not is_local(address)}

    assert refuses_datagrams(world.clone.box, 9), "the probe knows a closed port"
    assert {port for port in some(public) if not refuses_datagrams(world.clone.box, port)} == TAKES_DATAGRAMS


def is_local(address: str) -> bool:
    """Whether a socket that listens here is reached from the machine itself alone."""
    return ip_address(address.partition("%")[0].strip("[]*") or "::").is_loopback


def refuses_datagrams(host: str, port: int) -> bool:
    """Whether the host says that nobody takes this port's datagrams; that it says nothing proves the opposite."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(5)
        probe.connect((host, port))
        for _ in range(3):  # a kernel tells each asker at most once a second
            try:
                probe.send(b"?")
                probe.recv(1)
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                continue
    return False


@pytest.mark.parametrize("port", [5432, 6379])
def test_the_databases_listen_on_loopback_of_the_vps_and_nowhere_else(world: World, port: int) -> None:
    listening = world.on_box(f"ss --listening --tcp --numeric --no-header 'sport = :{port}'").splitlines()

    assert [line.split()[3] for line in listening] == [f"127.0.0.1:{port}"]


# What a server answers at once: PostgreSQL the question whether it speaks TLS (its protocol, 55.7), Redis a PING.
ASKED = {("postgres", 5432): r"\000\000\000\010\004\322\026\057", ("redis", 6379): r"PING\r\n"}


def answers(world: World, run: str, host: str, port: int, question: str) -> bool:
    """Ask from a container whether the server itself answers: a machine of CI may have a proxy that takes all."""
    asked = f"{{ printf '{question}'; sleep 1; }}"
    said = world.on_box(f"{asked} | docker {run} curl --silent --max-time 2 telnet://{host}:{port} || true")
    return said in ("S", "N") or said.startswith(("-NOAUTH", "+PONG"))


@pytest.mark.parametrize("name", ["nginx", "application-frontend"])
def test_what_passes_requests_on_reaches_no_database(world: World, name: str) -> None:
    image = world.on_box("docker inspect --format '{{.Config.Image}}' nginx").strip()
    address = "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'"
    network = world.on_box("docker network ls --quiet --filter name=network-data").strip()
    inside = f"run --rm --interactive --network {network} {image}"
    outside = f"exec --interactive {world.containers(name)[0]}"

    for (server, port), question in ASKED.items():
        at = world.on_box(f"{address} {server}").strip()
        wait_until(f"{server} answers", lambda: answers(world, inside, at, port, question))  # noqa: B023  asked at once
        assert not answers(world, outside, at, port, question)
        assert not answers(world, outside, server, port, question)


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
    assert {"postgres_password", "redis_password", "cloudflare_api_token", "registry_token"} <= values.keys()
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
    yield (
        "what Docker's clients keep",
        world.on_box("find /root /run -name config.json -exec cat {} + 2>/dev/null || true"),
    )
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
