"""What `make up`, `down` and `clean` do."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.errors import APIError

from sandbox import packages, plugins
from sandbox.alone import alone
from sandbox.box import box, certificate, ports, shell
from sandbox.clone import CACHE_LABEL, Clone
from sandbox.docker_engine import connect, ensure_docker
from sandbox.engine import toolchain
from sandbox.errors import SandboxError
from sandbox.images import bases, platform
from sandbox.images.build import build, progress
from sandbox.outside import authority, services
from sandbox.recovery import recover
from sandbox.stack import Stack
from sandbox.steps import say, step
from sandbox.visitor import NAMES, Visitor


def up(clone: Clone) -> None:
    """Set up what is missing and deploy the platform; run again, it goes on where it stopped."""
    with alone(clone):
        stack = Stack(clone)
        plugins.refuse_others(stack)
        _stand(clone)
        plugins.note(stack)
        with step("prepare the stack"):
            stack.prepare()
            recover(clone, stack)
        # What was lost behind the program's back is mended, such as S3's memory when its container restarts.
        stack.up("--refresh")
        certificate.ensure(clone)
        with step("ask the platform for its health"):
            authority.refresh_platform_ca(clone)
            health = Visitor(clone).wait_until_healthy()
        say(_table(clone, stack.release() or "none", health["status"]))


def stand(clone: Clone) -> None:
    """Set up the VPS and all that lies outside it, and deploy nothing: the accounts and the host of a new owner."""
    with alone(clone):
        _stand(clone)


def _stand(clone: Clone) -> None:
    packages.ensure(clone, "ssh", "openssh-client", mend="install OpenSSH's client")
    client = ensure_docker(clone)
    if not clone.has_ports:
        # Left by a clone that was deleted without `make down`: nobody has the keys and passwords to what it kept, and
        # Docker, when it started, made folders where files were mounted.
        _remove(client, clone)
        shutil.rmtree(clone.state, ignore_errors=True)
    ports.require_free(client, clone)
    clone.keep_ports()
    toolchain.require_go(clone)
    with ThreadPoolExecutor() as pool:
        # The compiler keeps a core busy for minutes; images are mostly made of downloads.
        engine = pool.submit(toolchain.ensure_pulumi, clone)
        pebble = pool.submit(toolchain.ensure_tool, clone, "pebble")
        with step("build the images of the VPS and of what lies outside it", clone.logs / "images", progress):
            base = {"BASE": bases.debian(client, clone, "bookworm")}
            outside = build(client, services.CONTEXT, "outside", clone.logs / "images" / "outside.log", base)
            vps = build(client, box.CONTEXT, "box", clone.logs / "images" / "box.log", base)
        with step("start what lies outside the VPS"):
            services.ensure(client, clone, outside, pebble.result())
        with step("start the VPS"):
            box.ensure(client, clone, vps)
        with step("build and publish the platform's images", clone.logs / "images", progress):
            platform.publish(client, clone)
        engine.result()


def down(clone: Clone) -> None:
    """Remove this clone's containers, networks, volumes and state; caches and Docker itself stay."""
    client = connect()
    if client is None:
        if clone.has_ports:
            raise SandboxError("Docker does not answer, so this clone's containers cannot be removed", "start Docker")
        shutil.rmtree(clone.state, ignore_errors=True)
        return
    with alone(clone), step(f"remove {clone.name}"):
        _remove(client, clone)
    shutil.rmtree(clone.state, ignore_errors=True)


def _remove(client: docker.DockerClient, clone: Clone) -> None:
    """Remove every container, network and volume of this clone."""
    box.remove(client, clone)
    services.remove(client, clone)
    platform.unpublish(client, clone)


def clean(clone: Clone) -> None:
    """Remove the caches that every clone shares: the engine and the images."""
    client = connect()
    if client is not None:
        for image in client.images.list(filters={"label": f"{CACHE_LABEL}=true"}):
            try:
                client.images.remove(str(image.id), force=True)
            except APIError as error:
                say(f"   kept {', '.join(image.tags) or image.id}: {error.explanation}")
    shutil.rmtree(clone.cache, ignore_errors=True)


def _table(clone: Clone, release: str, health: str) -> str:
    page = f"https://{NAMES[0]}:{clone.https_port}"
    reach = f"curl --cacert {clone.platform_ca} --resolve {NAMES[0]}:{clone.https_port}:127.0.0.1"
    rows = [
        ("platform", f"{page}   release {release}, {health}   make open"),
        ("health", f"{reach} {page}/api/v1/health"),
        ("VPS", f"make ssh   make logs PART=backend   make psql   container {shell.name(clone)}"),
        ("DNS", f"dig @{clone.cloudflare} {NAMES[0]}"),
        ("Cloudflare", f"https://{clone.cloudflare}/client/v4"),
        ("S3", f"https://{clone.s3}"),
        ("registry", f"127.0.0.1:{clone.registry_port}"),
        ("webhooks", f"https://{clone.webhooks}/received"),
        ("next", 'make status   make preview   make test   make down   eval "$(make -s env)"; pulumi stack'),
    ]
    return "\n" + "\n".join(f"  {name:<11}{text}" for name, text in rows)
