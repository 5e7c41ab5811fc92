"""Secrets: made, judged and rotated by the real engine, while the service runs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from components.login import login
from operations.secrets.making import random_text
from sandbox.box import shell
from settings import SECRETS
from tests.some import some
from tests.stories.load import load
from tests.stories.world import DEADLINE_SECONDS, World, changes, run

pytestmark = pytest.mark.story

ROTATED = ("postgres_password", "redis_password", "session_secret")


def test_passwords_are_rotated_under_load_without_a_lost_request_and_the_old_ones_are_refused(
    world: World, tmp_path: Path
) -> None:
    before = values(world)
    served = set(world.containers("application-backend"))

    with load(world, "/api/v1/items", rate=20, folder=tmp_path) as under_load:
        rotated = secrets(world, "rotate", "sandbox", *ROTATED)
        up = world.pulumi("up", "--yes", "--skip-preview")
    after = values(world)
    again = world.pulumi("up", "--yes", "--skip-preview")

    assert rotated.returncode == 0, rotated.stderr
    assert up.returncode == 0, up.stdout + up.stderr
    assert under_load.lost == {}, under_load.errors
    assert {name for name, value in after.items() if value != before[name]} == set(ROTATED)
    assert not served & set(world.containers("application-backend"))
    assert [lets_in(world, each) for each in (before, after)] == [(False, False), (True, True)]
    assert changes(again.stdout) == {"unchanged"}, again.stdout
    assert world.visitor.health()["status"] == "healthy"


def test_of_a_rotation_that_was_taken_back_nothing_stays_valid(world: World) -> None:
    file = world.stack.config_file.read_bytes()
    before = values(world)
    first_step = ("--target", "**database-login", "--target", "**cache-login")

    assert secrets(world, "rotate", "sandbox", *ROTATED[:2]).returncode == 0
    between = values(world)
    begun = world.pulumi("up", "--yes", "--skip-preview", *first_step)
    let_in = [lets_in(world, each) for each in (before, between)]
    world.stack.config_file.write_bytes(file)
    taken_back = world.pulumi("up", "--yes", "--skip-preview")

    assert begun.returncode == 0, begun.stdout
    assert let_in == [(True, True), (True, True)], "while the backends roll, both passwords are valid"
    assert taken_back.returncode == 0, taken_back.stdout
    assert [lets_in(world, each) for each in (before, between)] == [(True, True), (False, False)]
    assert world.visitor.health()["status"] == "healthy"


def test_the_application_is_no_superuser_and_owns_nothing_by_its_login(world: World) -> None:
    asked = (
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname ~ '^neurmatic';"
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    )

    told = world.on_box(f'docker exec --user postgres postgres psql -qtA neurmatic -c "{asked}"').split()

    assert told == ["f", "f", "neurmatic"], "the owner and one login, and the owner's tables"


def test_nobody_opens_the_database_as_its_superuser_but_in_its_container(world: World) -> None:
    for password in some(value for value in values(world).values() if "\n" not in value):
        assert not postgres_lets_in(world, password, user="postgres")


@pytest.fixture(scope="module")
def own_stack(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a stack of the production file with a state, a file and a passphrase of its own, and what nobody asks."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("Pulumi.yaml", "Pulumi.production.yaml"):
        shutil.copy(world.clone.root / name, folder)
    (folder / "passphrase").write_text("only of this test")
    made = run(["pulumi", "stack", "init", "production", "--non-interactive"], folder, **variables(world, folder))
    assert made.returncode == 0, made.stderr
    first = own(world, folder, "init")
    assert first.returncode == 1
    assert "slack_webhook_url is missing" in first.stderr
    return folder


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/dev/null"}, "passphrase"),
        ({"PULUMI_CONFIG_PASSPHRASE": "wrong", "PULUMI_CONFIG_PASSPHRASE_FILE": ""}, "incorrect passphrase"),
        ({"PULUMI_BACKEND_URL": "file:///nowhere"}, "unable to open bucket"),
    ],
)
@pytest.mark.parametrize("arguments", [["init"], ["rotate", "jwt_secret"], ["check"]], ids=lambda words: words[0])
def test_what_the_engine_refuses_is_told_with_its_mend_and_changes_nothing(
    world: World, own_stack: Path, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    before = (own_stack / "Pulumi.production.yaml").read_bytes()

    done = own(world, own_stack, *arguments, **variables)

    assert done.returncode == 1
    assert said in done.stderr
    assert "mend: " in done.stderr
    assert "Traceback" not in done.stderr
    assert (own_stack / "Pulumi.production.yaml").read_bytes() == before


def test_the_engine_keeps_a_production_stack_whole_and_encrypted(world: World, own_stack: Path) -> None:
    given = {name: FORMS.get(name) or random_text() for name, kind in SECRETS.items() if kind.made == "asked"}

    missing = own(world, own_stack, "check")
    rest = own(world, own_stack, "init", "--from-stdin", stdin="".join(f"{n}={value}\n" for n, value in given.items()))
    good = own(world, own_stack, "check")
    listed = own(world, own_stack, "list")
    file = (own_stack / "Pulumi.production.yaml").read_text()

    assert missing.returncode == 1
    assert "slack_webhook_url is missing" in missing.stdout
    assert (rest.returncode, rest.stderr) == (0, "")
    assert good.returncode == 0, good.stdout
    assert listed.stdout.count(", 0 days ago") == file.count("secure: v1:") == len(SECRETS)
    assert not [
        name for name, value in some(given.items()) if value in file + rest.stdout + good.stdout + listed.stdout
    ]
    assert file.startswith((world.clone.root / "Pulumi.production.yaml").read_text()[:200]), "comments stay"


FORMS = {
    "sendgrid_api_key": "SG.Kq3ZtLw8sYp1-canary.Kq3ZtLw8sYp1",
    "sentry_dsn": "https://canaryKq3ZtLw8sYp1@o1.ingest.sentry.io/42",
    "linkedin_client_id": "canary86Kq3ZtLw8sYp1",
    "slack_webhook_url": "https://hooks.slack.com/services/T0AF3B1C2/canary/Kq3ZtLw8sYp1",
}


def secrets(world: World, verb: str, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `neurmatic secrets` as in a shell after `eval "$(make -s env)"`."""
    argv = [sys.executable, "-m", "operations", "secrets", verb, "--stack", stack, *arguments]
    return run(argv, world.clone.root, **world.stack.environment())


def values(world: World) -> dict[str, str]:
    """Return the values of the sandbox's secrets."""
    shown = json.loads(world.pulumi("config", "--show-secrets", "--json").stdout)
    return {key.partition(":")[2]: one["value"] for key, one in shown.items() if one["secret"]}


def lets_in(world: World, passwords: dict[str, str]) -> tuple[bool, bool]:
    """Tell whether PostgreSQL and Redis let these passwords in."""
    return postgres_lets_in(world, passwords["postgres_password"]), redis_lets_in(world, passwords["redis_password"])


def postgres_lets_in(world: World, password: str, user: str | None = None) -> bool:
    """Ask PostgreSQL over the network, as the backends do, with the password on standard input."""
    url = f"postgresql://{user or login(password)}:{quote(password, safe='')}@postgres:5432/neurmatic"
    ask = 'read -r url; psql "$url" -qtA -c "SELECT current_user"'
    answer = on_box(world, f"docker exec --interactive postgres sh -c {shlex.quote(ask)}", f"{url}\n")
    assert answer.returncode == 0 or "authentication failed" in answer.stderr or "not permitted" in answer.stderr
    return answer.stdout.strip() == "neurmatic"


def redis_lets_in(world: World, password: str) -> bool:
    """Ask Redis as the backends do."""
    answer = on_box(
        world, "docker exec --interactive redis redis-cli", f"AUTH {login(password)} {password}\nACL WHOAMI\n"
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()[-1] == login(password)


def on_box(world: World, command: str, stdin: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the VPS with this on its standard input."""
    return subprocess.run(
        [*shell.ssh(world.clone), command],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def variables(world: World, folder: Path) -> dict[str, str]:
    return {
        **world.stack.environment(),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        "PULUMI_OPTION_CONFIG_FILE": str(folder / "Pulumi.production.yaml"),
        "PULUMI_STACK": "production",
    }


def own(
    world: World, folder: Path, verb: str, *arguments: str, stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `neurmatic secrets` on the stack that `own_stack` made."""
    return subprocess.run(
        [sys.executable, "-m", "operations", "secrets", verb, "--stack", "production", *arguments],
        cwd=world.clone.root,
        env={**os.environ, **variables(world, folder), **more},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
