"""Builds an image from a directory, once per content, with the whole output in a log, and its packages beside it."""

from __future__ import annotations

import hashlib
import io
import re
import ssl
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound

from sandbox.clone import CACHE_LABEL
from sandbox.errors import SandboxError
from sandbox.images import disk, versions

REPOSITORY = "neurmatic-sandbox"
NOT_SENT = {"node_modules", "dist", "__pycache__"}
NEEDED_GIB = 2.0
TAIL_LINES = 15
COLOUR = re.compile(r"\x1b\[\d*m")
MEND = "read the log; once its cause is gone, the same command goes on where this one stopped"


def build(client: docker.DockerClient, context: Path, role: str, log: Path, buildargs: Mapping[str, str]) -> str:
    """Build `context` as `neurmatic-sandbox/<role>:<hash>` unless that image exists, and return this name.

    Raises SandboxError with the end of the log, and the packages that the Dockerfile asks for as it got them, when the
    build fails, and before it when the disk is too full for it.
    The hash covers the context, the arguments, and the images that arguments name. Beside the context's own files
    the Dockerfile finds `ca-certificates.crt`, what this machine trusts, for downloads while building.
    """
    name = f"{REPOSITORY}/{role}:{_hash(client, context, buildargs)}"
    if exists(client, name):
        return name
    disk.require(disk.docker_root(client), NEEDED_GIB, f"building the image {role}")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", buffering=1) as out:
        out.writelines(_steps(client, context, name, buildargs))
    built = exists(client, name)
    packages = log.with_suffix(".packages")
    versions.write(client, name if built else _last_layer(log), packages)
    if not built:
        raise _failure(client, role, log, versions.named(packages, (context / "Dockerfile").read_text()))
    return name


def exists(client: docker.DockerClient, name: str) -> bool:
    """Tell whether Docker holds an image of this name."""
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def progress(log: Path) -> str:
    """Return which of its steps a build is at, by its log."""
    steps = re.findall(r"^Step (\d+)/(\d+) :", log.read_text(errors="replace"), re.MULTILINE)
    return "step {} of {}".format(*steps[-1]) if steps else ""


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def _steps(client: docker.DockerClient, context: Path, name: str, buildargs: Mapping[str, str]) -> Iterator[str]:
    """Run the build and yield its output; an error is the last line of it."""
    try:
        answers = client.api.build(
            fileobj=_archive(context),
            custom_context=True,
            tag=name,
            buildargs=dict(buildargs),
            labels={CACHE_LABEL: "true"},
            rm=True,
            forcerm=True,
            decode=True,
        )
        for answer in answers:
            yield COLOUR.sub("", answer.get("stream") or answer.get("error") or f"{answer.get('status', '')}\n")
    except APIError as error:
        yield f"{error}\n"


def _last_layer(log: Path) -> str | None:
    """Return the last image that a build made before it failed, by its log; None when it made none."""
    layers = re.findall(r"^ ---> ([0-9a-f]{12})$", log.read_text(errors="replace"), re.MULTILINE)
    return layers[-1] if layers else None


def _failure(client: docker.DockerClient, role: str, log: Path, packages: list[str]) -> SandboxError:
    """Say why the build of `role` failed, as far as the end of its log tells."""
    if "no space left on device" in tail(log).lower():
        room = disk.free(disk.docker_root(client))
        problem = f"the disk filled up while {role} was built: it needs {NEEDED_GIB:.1f} GiB, there are {room}"
        return SandboxError(problem, disk.MEND, log)
    held = ", ".join([*packages, f"all in {log.with_suffix('.packages')}"])
    problem = f"the image {role} could not be built; its log ends with\n{tail(log)}\nDebian's packages by then: {held}"
    return SandboxError(problem, MEND, log)


def _files(context: Path) -> list[Path]:
    """List what belongs to the context, in a fixed order."""
    return sorted(
        path for path in context.rglob("*") if path.is_file() and not NOT_SENT & set(path.relative_to(context).parts)
    )


def _hash(client: docker.DockerClient, context: Path, buildargs: Mapping[str, str]) -> str:
    """Return a hash of everything that decides what the image holds."""
    digest = hashlib.sha256()
    for path in _files(context):
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{path.relative_to(context)}\0{executable}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for name, value in sorted(buildargs.items()):
        digest.update(f"{name}={value}={_image_id(client, value)}\0".encode())
    return digest.hexdigest()[:12]


def _image_id(client: docker.DockerClient, value: str) -> str:
    """Return the id of the image that a build argument names; nothing for a value that names none."""
    try:
        return str(client.images.get(value).id)
    except (ImageNotFound, APIError):
        return ""


def _archive(context: Path) -> io.BytesIO:
    """Pack the context and this machine's certificate authorities, owned by root and without times."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o755 if entry.mode & 0o100 else 0o644
        return entry

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in _files(context):
            archive.add(path, str(path.relative_to(context)), filter=plain)
        trusted = certificate_authorities().encode()
        entry = plain(tarfile.TarInfo("ca-certificates.crt"))
        entry.size = len(trusted)
        archive.addfile(entry, io.BytesIO(trusted))
    packed.seek(0)
    return packed


def certificate_authorities() -> str:
    """Return the certificate authorities that this machine trusts, as PEM; the empty string where it has no bundle."""
    bundles = [ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt"]
    return next((Path(bundle).read_text() for bundle in bundles if bundle and Path(bundle).is_file()), "")
