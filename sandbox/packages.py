"""Programs of the system that the sandbox needs: found, or installed where that is allowed."""

from __future__ import annotations

import os
import shutil
from functools import partial

from sandbox.alone import locked
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.steps import run, say, step

# Where Debian keeps what administrators run, and does not let everybody look.
ADMIN_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def ensure(clone: Clone, program: str, *packages: str, mend: str) -> None:
    """Have a program on PATH, from these packages of Debian or Ubuntu if it is missing.

    Raises SandboxError with the mend when it is missing and this user may not install it.
    """
    if _installed(program):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SandboxError(f"{program} is not installed, and this user may not install it", mend)
    # apt-get does not wait for another one that reads the lists.
    with locked(clone.cache / "packages.lock", partial(say, "   waiting for another installation to end")):
        if not _installed(program):
            log, environment = clone.logs / "packages.log", {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
            with step(f"install {' '.join(packages)}", log):
                for argv in (["apt-get", "update", "-qq"], install):
                    run(argv, log=log, mend=mend, env=environment)


def _installed(program: str) -> bool:
    return shutil.which(program, path=ADMIN_PATH) is not None
