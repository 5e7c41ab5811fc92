"""What the real docker and command plugins made of this program when it was deployed with them once.

`recorded/docker-5.2-command-1.2.json` holds, for each resource, its inputs after the plugin's Check and its outputs, as
created and as read again. Secrets were taken out before; texts of over 300 characters were cut; the addresses are those
of the committed stack file, and ids of containers are not Docker's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.engine import DIGEST, ROOT

SECRET = "[secret]"
"""What stands in place of one."""
_CUT = re.compile(r"(.*)… \(\d+ characters, sha256 [0-9a-f]{12}\)", re.DOTALL)
_FILE = ROOT / "tests/recorded/docker-5.2-command-1.2.json"
CHECKS: dict[str, dict[str, Any]] = json.loads(_FILE.with_name(f"{_FILE.stem}-checks.json").read_text())
"""By type, inputs with every block and little in it, and what Check made of them."""


@dataclass(frozen=True)
class Recording:
    """One resource, with ids, generated names and digests as the mock engine makes them."""

    type: str
    name: str
    checked: dict[str, Any]
    """The inputs after Check."""
    checked_when_read: dict[str, Any]
    """The inputs after a refresh."""
    created: dict[str, Any]
    read: dict[str, Any]
    """The outputs."""

    @property
    def given(self) -> dict[str, Any]:
        """The inputs without what Check filled in by its own notes of it, but for a name, which is no default."""
        given: dict[str, Any] = _given(self.checked)
        return given

    @property
    def told(self) -> dict[str, Any]:
        """The inputs as the engine shows them to a policy: without the plugin's notes."""
        told: dict[str, Any] = _told(self.checked)
        return told


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = {"__defaults", *value.get("__defaults", [])} - {"name"}
        return {key: _given(inner) for key, inner in value.items() if key not in left_out}
    return [_given(item) for item in value] if isinstance(value, list) else value


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items() if not key.startswith("__")}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _recordings() -> Iterator[Recording]:
    text = re.sub(r"sha256:[0-9a-f]{64}", DIGEST, _FILE.read_text())
    for key, recorded in json.loads(text).items():
        if key.startswith("docker:"):
            own = f"{key.partition(' ')[2]}-1a2b3c4"
            inputs, outputs = (recorded["created"][part] for part in ("inputs", "outputs"))
            generated = {outputs["id"], outputs.get("name")}
            generated -= set() if "name" in inputs["__defaults"] else {inputs["name"]}
            for value in filter(None, generated):
                text = re.sub(rf"\b{re.escape(value)}\b", own, text)
    for key, recorded in json.loads(text).items():
        type_, _, name = key.partition(" ")
        created = recorded["created"]
        read = created if recorded["read"] == "the same" else recorded["read"]
        yield Recording(type_, name, created["inputs"], read["inputs"], created["outputs"], read["outputs"])


RECORDINGS = {recording.name: recording for recording in _recordings()}
"""By the logical names of the resources."""


def differences(declared: Any, recorded: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which inputs are not those that came back, as far as these were not taken out."""
    if isinstance(declared, dict) and isinstance(recorded, dict):
        for key in declared.keys() | recorded.keys():
            yield from differences(declared.get(key), recorded.get(key), f"{path}.{key}".removeprefix("."))
    elif isinstance(declared, list) and isinstance(recorded, list) and len(declared) == len(recorded):
        for index, (left, right) in enumerate(zip(declared, recorded, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif not _same(declared, recorded):
        yield f"{path}: {declared!r} comes back as {recorded!r}"


def completed(recorded: Any, declared: Any) -> Any:
    """Return what was recorded, with what was taken out of it as it is declared."""
    if isinstance(recorded, dict) and isinstance(declared, dict):
        return {key: completed(value, declared.get(key)) for key, value in recorded.items()}
    if isinstance(recorded, list) and isinstance(declared, list):
        return [completed(*pair) for pair in zip(recorded, declared, strict=True)]
    taken_out = isinstance(recorded, str) and (recorded == SECRET or _CUT.fullmatch(recorded))
    return declared if taken_out else recorded


def _same(declared: Any, recorded: Any) -> bool:
    if recorded == SECRET:
        return bool(declared)
    cut = _CUT.fullmatch(recorded) if isinstance(recorded, str) else None
    if cut and isinstance(declared, str):
        whole_lines = cut[1].rpartition("\n")[0]  # the last one is cut, and may be so within an id
        return declared.startswith(whole_lines)
    return bool(declared == recorded)
