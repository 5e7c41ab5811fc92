"""Makes a minimal Debian image out of Debian's own packages, for machines that reach no image registry."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import docker
from docker.errors import APIError

from sandbox.clone import CACHE_LABEL
from sandbox.errors import SandboxError
from sandbox.images import disk
from sandbox.images.build import REPOSITORY
from sandbox.steps import run

Suite = Literal["bookworm", "forky"]

NEEDED_GIB = 1.5
# Empty: debootstrap's own choice of a mirror, which it also writes into the image's sources.
MIRROR = ""
MEND = "read the log; debootstrap needs Debian's mirror, and room on the disk"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ADMIN_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"

# Debootstrap mounts /proc in its target. In namespaces of its own nothing stays mounted, and nothing runs on, when it
# or this process is killed.
ISOLATED = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "debootstrap")

# The script of sid makes every newer suite too, also where the installed debootstrap has not heard of it.
SCRIPT = "/usr/share/debootstrap/scripts/sid"

# What becomes of the line that debootstrap writes; a release has updates beside it, a suite in the making has not.
SOURCES = {
    "bookworm": r"s|^deb (\S+) bookworm main$|&\ndeb \1 bookworm-updates main\ndeb \1-security bookworm-security main|",
    "forky": "",
}

# A mirror may serve a suite with an index that has run out, and one hiccup of it must not end a build. What apt caches
# would stay in the layers of every image.
APT_CONF = """\
Acquire::Retries "3";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
"""

LEFT_OUT = ("./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*", "./proc/*", "./sys/*", "./dev/*")


def name(suite: Suite) -> str:
    """Return the name of the image that is made of this suite by the recipe above."""
    recipe = repr((SOURCES[suite], APT_CONF, LEFT_OUT))
    return f"{REPOSITORY}/debian-{suite}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def make(client: docker.DockerClient, suite: Suite, scratch: Path, log: Path) -> None:
    """Make the Debian image of this suite; only a whole one gets its name.

    Needs root, or sudo without a password. The caller sees to it that nobody else works in `scratch`.
    """
    root = _as_root()
    scratch.mkdir(parents=True, exist_ok=True)
    for path in (scratch, disk.docker_root(client)):
        disk.require(path, NEEDED_GIB, f"making the Debian {suite} base image")
    target, archive = scratch / suite, scratch / f"{suite}.tar"

    def run_as_root(*argv: str) -> None:
        run([*root, *argv], log=log, mend=MEND)

    if not (shutil.which("debootstrap", path=ADMIN_PATH) and KEYRING.exists()):
        _refuse_without_apt()
        run_as_root("apt-get", "update")
        run_as_root("apt-get", "install", "-y", "--no-install-recommends", "debootstrap", KEYRING.stem)
    run_as_root("rm", "-rf", "--one-file-system", str(target), str(archive))
    run_as_root(*ISOLATED, "--variant=minbase", f"--keyring={KEYRING}", suite, str(target), MIRROR, SCRIPT)
    run([*root, "chroot", str(target), "dpkg-query", "--show"], log=log.with_suffix(".packages"), mend=MEND)
    run_as_root("sed", "--in-place", "--regexp-extended", SOURCES[suite], str(target / "etc/apt/sources.list"))
    part = scratch / "apt.conf"
    part.write_text(APT_CONF)
    run_as_root("install", "--mode=0644", str(part), str(target / "etc/apt/apt.conf.d/90sandbox"))
    run_as_root("tar", "-C", str(target), *(f"--exclude={path}" for path in LEFT_OUT), "-cf", str(archive), ".")
    repository, tag = name(suite).split(":")
    changes = ['CMD ["bash"]', f"LABEL {CACHE_LABEL}=true"]
    try:
        client.api.import_image_from_file(str(archive), repository, tag, changes=changes)
    except APIError as error:
        room = disk.free(disk.docker_root(client))
        problem = f"Docker refused the Debian {suite} image, with {room}: {error.explanation}"
        raise SandboxError(problem, MEND) from error
    run_as_root("rm", "-rf", "--one-file-system", str(target), str(archive))


def _as_root() -> list[str]:
    """Return what stands before a command to run it as root."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    raise SandboxError(
        "no public image registry answers, and making the base images here instead needs root",
        "run the command as root, let sudo work without a password, or give Docker access to a registry",
    )


def _refuse_without_apt() -> None:
    """Raise SandboxError on a machine where debootstrap cannot be installed by apt-get."""
    if not shutil.which("apt-get"):
        raise SandboxError(
            "no public image registry answers, and debootstrap, which makes the base images instead, is not installed",
            f"install debootstrap and {KEYRING.stem}, or give Docker access to a registry",
        )
