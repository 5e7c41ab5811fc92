from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.clone import Clone
from sandbox.errors import SandboxError


def test_two_clones_differ_in_all_that_could_clash_on_one_machine() -> None:
    one, other = Clone(Path("/srv/one")), Clone(Path("/srv/other"))

    assert one.name != other.name
    assert one.subnet != other.subnet
    assert {one.ssh_port, one.http_port, one.https_port, one.registry_port}.isdisjoint(
        {other.ssh_port, other.http_port, other.https_port, other.registry_port}
    )


def test_a_clone_has_the_same_names_and_ports_at_every_run() -> None:
    assert (Clone(Path("/srv/one")).name, Clone(Path("/srv/one")).port_base) == ("neurmatic-d5f03c0b", 20190)


def test_another_port_range_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PORT_BASE", "41000")

    assert Clone(Path("/srv/one")).https_port == 41002


@pytest.mark.parametrize("chosen", ["abc", "-1", "80", "65530"])
def test_a_port_range_that_cannot_be_is_refused_with_the_mend(monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setenv("SANDBOX_PORT_BASE", chosen)

    with pytest.raises(SandboxError, match="SANDBOX_PORT_BASE") as refused:
        _ = Clone(Path("/srv/one")).https_port

    assert "1024 to 65526" in refused.value.mend


def test_ports_stay_below_those_that_the_kernel_lends_to_clients() -> None:
    assert all(20000 <= Clone(Path(f"/srv/{number}")).port_base < 30000 for number in range(2000))
