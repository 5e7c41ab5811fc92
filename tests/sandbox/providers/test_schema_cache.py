"""What was read off an SDK is kept, and nothing that may happen to the cache keeps a plugin from its work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.providers.schema_cache import cached

LOCATION = "pulumi_docker.volume:VolumeArgs"
READER = Path(__file__)


class Reading:
    """Counts how often the SDK is read."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return "what the SDK says"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_many_threads_at_once_read_it_once() -> None:
    reading = Reading()

    with ThreadPoolExecutor(16) as pool:
        schemas = [pool.submit(cached, LOCATION, READER, reading) for _ in range(64)]

    assert {schema.result() for schema in schemas} == {"what the SDK says"}
    assert reading.times == 1


def test_a_damaged_file_is_read_anew_and_mended(folder: Path) -> None:
    cached(LOCATION, READER, Reading())
    (file,) = folder.rglob("*.pickle")
    file.write_bytes(b"cnowhere\nnothing\n.")

    again, afterwards = Reading(), Reading()

    assert cached(LOCATION, READER, again) == cached(LOCATION, READER, afterwards) == "what the SDK says"
    assert (again.times, afterwards.times) == (1, 0)


def test_a_cache_that_cannot_be_written_costs_time_alone(folder: Path) -> None:
    (folder / "neurmatic").write_text("no folder")

    assert cached(LOCATION, READER, Reading()) == "what the SDK says"
