"""Finds the Pulumi engine, or builds it, and puts our language host and stand-ins where it looks for them."""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from operations.files import PROGRAM, write
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.steps import run, say, step

HERE = Path(__file__).parent
PROVIDERS = ("aws", "cloudflare", "command", "docker")
# The tools of go.mod: the engine, the certificate authority, and the load generator of the tests.
TOOLS = {
    "pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    "pebble": "github.com/letsencrypt/pebble/v2/cmd/pebble",
    "vegeta": "github.com/tsenart/vegeta/v12",
}
GO_MEND = "install Go 1.25 or newer (https://go.dev/doc/install)"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def pinned_version() -> str:
    """Return the version of the Pulumi SDK that the requirements pin; the engine is held to the same one."""
    return version("pulumi")


def ensure_pulumi(clone: Clone) -> Path:
    """Return the folder that holds `pulumi`: the user's own if it is new enough, else the sandbox's.

    Raises SandboxError when it cannot be built.
    """
    if own := _on_path(clone):
        return own.parent
    binary = ensure_tool(clone, "pulumi")
    folder = clone.state / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    _place(binary, folder / "pulumi")
    _launcher(folder / "pulumi-language-python", "standins.language_host", clone)
    return folder


def ensure_plugins(clone: Clone) -> Path:
    """Return the sandbox's PULUMI_HOME, with a stand-in for each provider where the engine looks for its plugin.

    An official plugin on PATH comes before it: that is the engine's own order.
    """
    home = clone.state / "pulumi-home"
    for name in PROVIDERS:
        folder = home / "plugins" / f"resource-{name}-v{version(f'pulumi-{name}')}"
        folder.mkdir(parents=True, exist_ok=True)
        _launcher(folder / f"pulumi-resource-{name}", f"standins.{name}", clone)
    return home


def _binary(clone: Clone, name: str, module: Path = HERE) -> Path:
    sources = hashlib.sha256(b"".join((module / file).read_bytes() for file in ("go.mod", "go.sum"))).hexdigest()[:12]
    return clone.cache / "engine" / sources / name


@cache
def _on_path(clone: Clone) -> Path | None:
    path = os.environ.get("PATH", "").split(os.pathsep)
    folders = [folder for folder in path if Path(folder).resolve() != clone.state / "bin"]
    binary = shutil.which("pulumi", path=os.pathsep.join(folders))
    if binary is None:
        return None
    printed = subprocess.run([binary, "version"], capture_output=True, text=True, check=False).stdout
    return Path(binary) if _numbers(printed) >= _numbers(pinned_version()) else None


def _numbers(text: str) -> tuple[int, ...]:
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else (0, 0, 0)


def require_go(clone: Clone) -> None:
    """Raise SandboxError at once when a tool is missing and there is no Go to build it."""
    missing = [] if _binary(clone, "pebble").exists() else ["pebble"]
    if not _binary(clone, "pulumi").exists() and _on_path(clone) is None:
        missing.insert(0, "pulumi")
    if missing and shutil.which("go") is None:
        raise SandboxError(
            f"{' and '.join(missing)} must be built, and Go was not found on PATH",
            f"{GO_MEND}; it builds the certificate authority, and Pulumi "
            f"unless {pinned_version()} or newer of it is installed (https://www.pulumi.com/docs/install/)",
        )


def ensure_tool(clone: Clone, name: str) -> Path:
    """Return the binary of a tool of our go.mod, built into the cache unless the same sources were built before."""
    return build(clone, name, TOOLS[name], HERE)


def ensure_tools(clone: Clone) -> None:
    """Build what the sandbox builds with Go, as far as it is not built; what CI keeps in its cache."""
    for name in TOOLS:  # one after the other: the engine alone keeps every core busy
        say(f"   {ensure_tool(clone, name)}")


def build(clone: Clone, name: str, package: str, module: Path) -> Path:
    """Return the binary of a package that the go.mod in the folder `module` pins, likewise.

    Raises SandboxError when it must be built and cannot be.
    """
    binary = _binary(clone, name, module)
    if binary.exists():
        return binary
    if shutil.which("go") is None:
        raise SandboxError(f"{name} must be built, and Go was not found on PATH", GO_MEND)
    binary.parent.mkdir(parents=True, exist_ok=True)
    unfinished = binary.with_name(f"{name}.{os.getpid()}")
    log = clone.logs / f"build-{name}.log"
    flags = ["-trimpath", "-ldflags", f"-s -w -X {VERSION_VARIABLE}={pinned_version()}"]
    environment = {**os.environ, "CGO_ENABLED": "0"}
    stale: list[str] = []
    with step(f"build {name} (once; pulumi takes some minutes)", log, lambda log: _progress(log, len(stale))):
        try:
            stale += _stale(package, flags, log, environment, module)
            run(
                ["go", "build", "-mod=readonly", "-v", *flags, "-o", str(unfinished), package],
                log=log,
                mend="see the log; the Go module proxy (GOPROXY) must be reachable, and 4 GB of disk free",
                env=environment,
                cwd=module,
            )
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.rename(binary)
    return binary


def _stale(package: str, flags: list[str], log: Path, environment: dict[str, str], module: Path) -> list[str]:
    """Return the packages that `go build` has to compile; none where go cannot tell, which the build then explains."""
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = ["go", "list", "-mod=readonly", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", *flags, package]
    with log.open("ab") as file:
        listed = subprocess.run(argv, stdout=subprocess.PIPE, stderr=file, text=True, env=environment, cwd=module)
    return listed.stdout.split()


def _progress(log: Path, packages: int) -> str:
    """Return how many of its packages a build has begun to compile: by its log, in which it is the last."""
    printed = log.read_text(errors="replace").rpartition("\n$ ")[2].splitlines()[1:]
    begun = sum(not line.startswith("go: ") for line in printed)
    return f"{begun} of {packages} packages" if packages else ""


def _place(source: Path, target: Path) -> None:
    """Make the cached binary appear in the clone: the engine looks for its language host beside the real file."""
    if target.exists() and filecmp.cmp(source, target):
        return
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copy2(source, unfinished)
    unfinished.rename(target)


def _launcher(path: Path, module: str, clone: Clone) -> None:
    root, python = shlex.quote(str(clone.root)), shlex.quote(sys.executable)
    text = f'#!/bin/sh\nPYTHONPATH={root} exec {python} -m {module} "$@"\n'
    if not path.exists() or path.read_text() != text:
        write(path, text.encode(), PROGRAM)
