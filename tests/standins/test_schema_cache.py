"""What was read off an SDK is kept, and nothing that may happen to the cache keeps a plugin from its work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from standins.provider import sdk
from standins.provider.schema import Object
from standins.provider.schema_cache import accepted

LOCATION = "pulumi_docker.volume:VolumeArgs"
SAID = Object({}, frozenset())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is read off an SDK from now on, each time that it is."""
    read: list[str] = []

    def reading(location: str) -> Object:
        read.append(location)
        return SAID

    monkeypatch.setattr(sdk, "read", reading)
    return read


def asked() -> Object:
    """Ask as a plugin does that has just started."""
    accepted.cache_clear()
    return accepted(LOCATION)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    accepted.cache_clear()


def test_many_threads_at_once_read_it_once(readings: list[str]) -> None:
    accepted.cache_clear()
    with ThreadPoolExecutor(16) as pool:
        schemas = [pool.submit(accepted, LOCATION) for _ in range(64)]

    assert [schema.result() for schema in schemas] == [SAID] * 64
    assert readings == [LOCATION]


def test_a_damaged_file_is_read_anew_and_mended(folder: Path, readings: list[str]) -> None:
    asked()
    (file,) = folder.rglob("*.pickle")
    file.write_bytes(b"cnowhere\nnothing\n.")

    assert asked() == asked() == SAID
    assert readings == [LOCATION] * 2, "before and after the damage, and not once more"


def test_a_cache_that_cannot_be_written_costs_time_alone(folder: Path, readings: list[str]) -> None:
    (folder / "neurmatic").write_text("no folder")

    assert asked() == SAID
    assert readings == [LOCATION]


def test_a_plugin_that_starts_loads_neither_pulumi_nor_its_clients_library() -> None:
    """Each would cost every preview a quarter of a second of each plugin, and engines start them one after another."""
    heavy = {"boto3", "botocore", "docker", "paramiko", "pulumi"}
    code = f"""
import sys
from standins.provider import standin
import standins.aws.resources, standins.cloudflare.provider, standins.command.resources
import standins.docker.container, standins.docker.service
print(sorted({heavy} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
