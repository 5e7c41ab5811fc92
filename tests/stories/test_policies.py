"""The real engine refuses what a rule forbids: in a change of the program, and in a state that somebody left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from operations.preview import commands, verdict
from policies.rule import ResourceRule, StackRule
from policies.rules import RULES
from sandbox.clone import ROOT
from sandbox.throw_away import ThrowAway, throw_away
from tests.engine import Declared
from tests.policies.cases import CASES
from tests.policies.program import Declaration, program
from tests.policies.state import deployment
from tests.some import some
from tests.stories.world import copied, run

pytestmark = pytest.mark.story

PACK = ("--policy-pack", "policies", "--non-interactive")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowAway]:
    """Lend production in a clone that knows no account."""
    clone = copied(tmp_path_factory.mktemp("production"))
    (clone.root / ".venv").symlink_to(ROOT / ".venv")
    with throw_away(clone, "production") as lent:
        yield lent


def pulumi(stack: ThrowAway, *arguments: str) -> CompletedProcess[str]:
    return run(["pulumi", *arguments, *PACK], stack.clone.root, **stack.whole_environment())


def preview(stack: ThrowAway) -> CompletedProcess[str]:
    return pulumi(stack, "preview", "-s", "production")


def test_production_passes(stack: ThrowAway) -> None:
    passed = preview(stack)

    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "to create" in passed.stdout
    assert "mandatory" not in passed.stdout


LOOPBACK = 'ip="127.0.0.1"'
DATABASE, CACHE = Path("components/database.py"), Path("components/cache.py")
BUCKET = Path("components/backup_bucket.py")


@dataclass(frozen=True)
class Mistake:
    """A change of a component, and what it is refused with."""

    file: Path
    old: str
    new: str
    resource: str = ""
    rule: str = ""
    mend: str = ""


def on_address(file: Path, old: str, new: str) -> Mistake:
    return Mistake(file, old, new, f"{file.stem}-server", "database-port-bound-to-loopback", LOOPBACK)


# One preview refuses all that is wrong: its refusals are the mistakes' own, one for each and no other.
MISTAKES = {
    "PostgreSQL on every address, Redis on every IPv6 address, TLS 1.1, a bucket that may become public": [
        on_address(DATABASE, LOOPBACK, 'ip="0.0.0.0"'),
        on_address(CACHE, LOOPBACK, 'ip="::"'),
        Mistake(
            Path("components/files/nginx.conf"),
            "ssl_protocols @{protocols};",
            "ssl_protocols TLSv1.1 @{protocols};",
            "load-balancer-configuration",
            "nginx-minimum-tls",
            "ssl_protocols TLSv1.2 TLSv1.3;",
        ),
        Mistake(
            BUCKET,
            "restrict_public_buckets=True",
            "restrict_public_buckets=False",
            "backup-bucket-private",
            "public-access-fully-blocked",
            "restrictPublicBuckets",
        ),
    ],
    "PostgreSQL on every IPv6 address, Redis on no address, an origin that may show any certificate": [
        on_address(DATABASE, LOOPBACK, 'ip="::"'),
        on_address(CACHE, f", {LOOPBACK}", ""),
        Mistake(
            Path("components/edge.py"),
            '"ssl": "strict"',
            '"ssl": "full"',
            "edge-ssl",
            "origin-certificate-checked",
            "`strict`",
        ),
    ],
    "PostgreSQL on no address, Redis on every address": [
        on_address(DATABASE, f", {LOOPBACK}", ""),
        on_address(CACHE, LOOPBACK, 'ip="0.0.0.0"'),
    ],
    "whatever image is the latest": [
        Mistake(
            CACHE,
            '"cache-server",\n            settings,',
            '"cache-server",\n            settings.model_copy(update={"image": "redis:latest"}),',
            "cache-server",
            "images-pinned",
            "@sha256:",
        ),
    ],
}


@pytest.mark.parametrize("mistakes", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_rule_and_its_mend(stack: ThrowAway, mistakes: list[Mistake]) -> None:
    with changed(stack, mistakes):
        refused = preview(stack)

    assert refused.returncode != 0
    findings = re.findall(r"\[mandatory\] \[severity: \w+\]  (\S+)  \(\S+: (\S+)\)\n.*\n(.*)", refused.stdout)
    texts = {(rule, resource): text for rule, resource, text in findings}
    assert sorted((rule, resource) for rule, resource, _ in findings) == sorted(
        (mistake.rule, mistake.resource) for mistake in mistakes
    )
    assert [mistake for mistake in some(mistakes) if mistake.mend not in texts[mistake.rule, mistake.resource]] == []


@contextmanager
def changed(stack: ThrowAway, mistakes: Sequence[Mistake]) -> Iterator[None]:
    """Make mistakes in a stack's clone, and take them back."""
    paths = {mistake: stack.clone.root / mistake.file for mistake in mistakes}
    kept = {path: path.read_text() for path in paths.values()}
    try:
        for mistake, path in paths.items():
            text = path.read_text()
            assert mistake.old in text
            path.write_text(text.replace(mistake.old, mistake.new))
        yield
    finally:
        for path, text in kept.items():
            path.write_text(text)


def test_a_bucket_without_its_public_access_block_is_refused(stack: ThrowAway) -> None:
    text = (stack.clone.root / BUCKET).read_text()
    begin, end = text.index("        private = aws.s3"), text.index("        aws.s3.BucketServerSideEncryption")
    without = Mistake(BUCKET, text, (text[:begin] + text[end:]).replace("after=[private]", ""))

    with changed(stack, [without]):
        refused = preview(stack)

    assert refused.returncode != 0
    assert "BucketPublicAccessBlock" in refused.stdout


def test_a_volume_that_would_be_replaced_is_refused(stack: ThrowAway, production: Declared) -> None:
    there = [each for each in program(production).declarations if each.name in ("host", "database", "database-data")]
    stack.restore(deployment(there))
    other = Mistake(DATABASE, 'name="neurmatic-postgres"', 'name="neurmatic-postgres-18"')

    with changed(stack, [other]):
        refused = preview(stack)

    assert refused.returncode != 0
    assert "database-data" in refused.stdout
    assert "protect" in refused.stdout


def analyzed(stack: ThrowAway, declarations: Sequence[Declaration], folder: Path) -> tuple[int, verdict.Verdict]:
    state = folder / "state.json"
    state.write_text(json.dumps(deployment(declarations)))
    done = pulumi(stack, "policy", "analyze", "--json", "--file", str(state))
    return done.returncode, verdict.read(commands.events(done.stdout))


def test_the_state_of_production_passes_as_its_inputs_do(
    stack: ThrowAway, production: Declared, tmp_path: Path
) -> None:
    code, found = analyzed(stack, program(production).declarations, tmp_path)

    assert found.of("mandatory") == []
    assert code == 0
    assert found.of("waived"), "the pack was asked"


def test_every_rule_on_one_resource_is_told_by_the_engine_at_its_level(stack: ThrowAway, tmp_path: Path) -> None:
    alone = [rule for rule in RULES if isinstance(rule, ResourceRule)]
    wrong = [
        replace(each, urn=f"urn:pulumi:production::{rule.id}-{number}::{each.type}::{each.name}")
        for rule in alone
        for number, case in enumerate(CASES[rule.id].bad.values())
        for each in case
    ]

    code, found = analyzed(stack, wrong, tmp_path)

    assert code != 0
    assert {(rule.id, rule.level.value) for rule in alone} <= told(found)


def test_every_rule_on_the_stack_is_told_by_the_engine_at_its_level(stack: ThrowAway, tmp_path: Path) -> None:
    rules = [rule for rule in RULES if isinstance(rule, StackRule)]
    cases = {rule.id: next(iter(CASES[rule.id].bad.values())) for rule in rules}

    # A mistake of one case may hide in another case's resources: what is not told of all together is asked for alone.
    _, together = analyzed(stack, _side_by_side(cases), tmp_path)
    alone = [rule for rule in rules if (rule.id, rule.level.value) not in told(together)]
    untold = [
        rule.id
        for rule in alone
        if (rule.id, rule.level.value) not in told(analyzed(stack, cases[rule.id], tmp_path)[1])
    ]

    assert len(alone) < len(rules) / 2, "most are told at once"
    assert untold == []


def _side_by_side(cases: Mapping[str, Sequence[Declaration]]) -> list[Declaration]:
    """Put the resources of all rules' cases into one stack, each with a URN of its own."""
    return [
        replace(resource, urn=f"urn:pulumi:production::{rule}::{resource.type}::{resource.name}")
        for rule, case in cases.items()
        for resource in case
    ]


def told(found: verdict.Verdict) -> set[tuple[str, str]]:
    return {(finding.rule, finding.level) for finding in found.findings}
