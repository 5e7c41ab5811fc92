"""Holds a state to the plugins that made it: others would replace most of what stands."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from operations.files import write
from sandbox.engine.toolchain import PROVIDERS
from sandbox.errors import SandboxError
from sandbox.workspace import Workspace


def refuse_others(stack: Workspace) -> None:
    """Raise SandboxError when the engine would take other plugins than those that made the stack's state."""
    if not stack.config_file.exists():
        return  # it was never deployed
    # Of a state from before there was a note: the stand-ins made it.
    official_before = json.loads(_note(stack).read_text()) if _note(stack).exists() else []
    on_path = _on_path()
    added = [f"{name} ({path})" for name, path in on_path.items() if name not in official_before]
    missing = [name for name in official_before if name not in on_path]
    problems = [f"PATH has another plugin of {', '.join(added)} than the stand-in"] if added else []
    problems += [f"PATH has no longer the official plugin of {', '.join(missing)}"] if missing else []
    if problems:
        raise SandboxError(
            f"{' and '.join(problems)} that made what stands, most of which would be replaced",
            "put PATH back as it was, or run `make down` first",
        )


def note(stack: Workspace) -> None:
    """Keep which official plugins make the stack's state."""
    write(_note(stack), json.dumps(list(_on_path())).encode())


def _note(stack: Workspace) -> Path:
    return stack.home / "official-plugins.json"


def _on_path() -> dict[str, str]:
    """Return the plugins on PATH, which the engine takes before the stand-ins, by provider."""
    # sdk/go/common/workspace/plugins.go: getPluginInfoAndPath
    if os.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS", "").lower() in ("1", "true"):
        return {}
    paths = {name: shutil.which(f"pulumi-resource-{name}") for name in PROVIDERS}
    return {name: path for name, path in paths.items() if path}
