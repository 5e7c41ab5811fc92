"""The providers: what alone knows how the host, its registry, Cloudflare and S3 are reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_main
from tests.engine import CANARIES, Declared, declare, stack_config
from tests.some import some


def test_the_login_of_the_registry_is_the_providers_so_that_a_new_token_replaces_no_service(platform: Declared) -> None:
    provider = platform["host"]
    (login,) = json.loads(provider.inputs["registryAuth"])

    assert login["password"] == CANARIES["registry_token"]
    assert CANARIES["registry_token"] not in provider.in_the_clear
    for service in some(platform.of_type(":Service")):
        assert service.provider == "host"
        assert "auth" not in service.inputs


def test_without_a_registry_of_ones_own_docker_logs_in_nowhere(tmp_path: Path) -> None:
    config = stack_config("sandbox", tmp_path)
    del config["neurmatic:registry"]

    assert "registryAuth" not in declare(run_main, config)["host"].inputs


@pytest.mark.parametrize(
    ("address", "reached"),
    [("192.0.2.9", "192.0.2.9"), ("vps.example.org", "vps.example.org"), ("2001:db8::9", "[2001:db8::9]")],
)
def test_docker_reaches_the_host_at_its_name_or_address(tmp_path: Path, address: str, reached: str) -> None:
    config = stack_config("sandbox", tmp_path)
    host = json.loads(config["neurmatic:host"])

    declared = declare(run_main, {**config, "neurmatic:host": json.dumps({**host, "address": address})})

    assert declared["host"].inputs["host"] == f"ssh://root@{reached}:{host['ssh_port']}"
