"""Fetches the official plugins, where they can be had; on PATH they come before the stand-ins."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

from sandbox.clone import Clone
from sandbox.steps import run

NAMES = ("command", "docker")  # aws and cloudflare would need accounts


def fetch(clone: Clone) -> None:
    """Install the official plugins with the `pulumi` that is on PATH, and print the folder to put there too."""
    home = clone.cache / "official"
    folder = home / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        release = version(f"pulumi-{name}")
        run(
            ["pulumi", "plugin", "install", "resource", name, release],
            log=clone.logs / "official-plugins.log",
            mend="install the official Pulumi CLI (https://www.pulumi.com/docs/install/); it asks get.pulumi.com",
            env={**os.environ, "PULUMI_HOME": str(home)},
        )
        link = folder / f"pulumi-resource-{name}"
        link.unlink(missing_ok=True)
        link.symlink_to(home / "plugins" / f"resource-{name}-v{release}" / link.name)
    sys.stdout.write(f"{folder}\n")
