"""Rules for what cannot be made again once it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import Severity

from policies.docker import (
    CONTAINER,
    POSTGRESQL,
    REDIS,
    SERVICE,
    VOLUME,
    Mount,
    database,
    image,
    is_a,
    is_volume,
    mounts,
    number,
    redis_options,
    variables,
)
from policies.frameworks import nist_800_53
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, of_type, read

RANDOM = "random:index/randomPassword:RandomPassword"
STATEFUL = {
    VOLUME: "the data in it",
    "aws:s3/bucket:Bucket": "the backups in it",
    "aws:s3/bucketV2:BucketV2": "the backups in it",
    "cloudflare:index/zone:Zone": "every name of the domain, mail included",
    RANDOM: "the password that data was made with",
}
# What each signal does to them: https://www.postgresql.org/docs/current/server-shutdown.html ("smart" shutdown, of
# SIGTERM, waits for clients that never leave), https://redis.io/docs/latest/operate/oss_and_stack/reference/signals/
_IN_ORDER = {POSTGRESQL: ("INT", "2"), REDIS: ("INT", "2", "TERM", "15")}
_UNITS = {"": 1, "b": 1, "k": 10**3, "kb": 2**10, "m": 10**6, "mb": 2**20, "g": 10**9, "gb": 2**30}
_EVICTIONS = (
    *("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-lrm", "allkeys-random"),
    *("volatile-lru", "volatile-lfu", "volatile-lrm", "volatile-random", "volatile-ttl"),
)


def _protected(resource: Resource, _: Limits) -> Iterator[str]:
    if not resource.protect:
        yield f"is not protected, so that a replacement or a deletion takes {STATEFUL[resource.type]}"


def _directories(resource: Resource) -> tuple[str, ...]:
    """Return the directories of which one has to be a mount, for the data to be in it."""
    if database(resource) == REDIS:
        return (redis_options(resource).get("dir", "/data").rstrip("/"),)
    chosen = [value.rstrip("/") for _, name, value in variables(resource) if name == "PGDATA"]
    if chosen:
        return (chosen[-1], chosen[-1].rpartition("/")[0])
    # The image keeps its data, and its own anonymous volume, one directory higher from 18 on.
    major = re.match(r"\d+", image(resource)[1])
    old, new = "/var/lib/postgresql/data", "/var/lib/postgresql"
    return (old, new) if major is None else (old,) if int(major[0]) < 18 else (new,)


def _on_a_named_volume(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    directories = _directories(resource)
    data_mounts = [mount for mount in mounts(resource) if mount.target in directories]
    if not data_mounts:
        yield "mounts: none has the directory of the data, which goes with the container then"
    for mount in data_mounts:
        if mount.type != "volume":
            yield f"{mount.at}: keeps the data outside of a volume"
        elif not any(is_volume(volume, mount, resource) for volume in stack.of(VOLUME)):
            yield f"{mount.at}.source: is missing, or no volume that this stack declares"


def _mounted_once(volume: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    users = [
        user for user in stack.of(CONTAINER, SERVICE) if any(_writes(user, volume, mount) for mount in mounts(user))
    ]
    for user in users:
        if _more_than_one(user):
            yield f"is mounted by {user.name}, of which more than one runs"
    if len(users) > 1:
        yield f"is mounted by {' and '.join(user.name for user in users)}"


def _writes(user: Resource, volume: Resource, mount: Mount) -> bool:
    return not mount.read_only and is_volume(volume, mount, user)


def _more_than_one(service: Resource) -> bool:
    replicas = number(read(service.inputs, "mode", "replicated", "replicas"))
    together = read(service.inputs, "updateConfig", "order") == "start-first"
    return together or read(service.inputs, "mode", "global") is True or (replicas is not None and replicas > 1)


def _persists(resource: Resource, _: Limits) -> Iterator[str]:
    options = redis_options(resource)
    if options.get("appendonly", "").lower() != "yes":
        yield "command: has no --appendonly yes, so that a stop loses what was written since the last snapshot"
    size = re.fullmatch(r"(\d+)([kmg]?b?)", options.get("maxmemory", "").lower())
    bytes_ = int(size[1]) * _UNITS[size[2]] if size else 0
    if not bytes_:
        yield "command: has no --maxmemory, so that Redis grows until it is killed"
    if options.get("maxmemory-policy", "").lower() not in _EVICTIONS:
        yield "command: has no --maxmemory-policy, so that nobody decided what happens when the memory is full"
    # A container without a limit is another rule's.
    memory = number(read(resource.inputs, "memory"))
    if memory and bytes_ * 1.25 > memory * 2**20:
        yield "memory: is less than 1.25 times --maxmemory, which saving takes while writes go on"


def _stops_in_order(resource: Resource, limits: Limits) -> Iterator[str]:
    signal = str(read(resource.inputs, "stopSignal") or "").upper().removeprefix("SIG")
    if signal and signal not in _IN_ORDER.get(database(resource) or "", ()):
        yield "stopSignal: does not let the server end in order"
    for key in ("stopTimeout", "destroyGraceSeconds"):
        seconds = number(read(resource.inputs, key))
        if seconds is None or seconds < limits["seconds"]:
            yield f"{key}: leaves the server less than {limits['seconds']:g} seconds before it is killed"


def _named(volume: Resource, _: Limits) -> Iterator[str]:
    name = read(volume.inputs, "name")
    # A provider fills a missing name in before it asks the policies: the resource's, and seven random digits.
    if not name or re.fullmatch(rf"{re.escape(volume.name)}-[0-9a-f]{{7}}", name):
        yield "name: is made up by Pulumi, so that a stack that is set up again makes another, empty volume"


def _no_database(service: Resource, _: Limits) -> Iterator[str]:
    if database(service):
        yield "taskSpec.containerSpec.image: is a database, and Swarm may run two of it on one volume"


RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="stateful-resources-protected",
        sentence="Volumes, buckets and zones are protected, so that the engine refuses to replace or delete them.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
        mend=(
            "Give it ResourceOptions(protect=True); to remove it on purpose, run `pulumi state unprotect` for it alone."
        ),
        judges=of_type(*STATEFUL),
        check=_protected,
    ),
    StackRule(
        id="databases-on-named-volumes",
        sentence="PostgreSQL and Redis keep their data on a volume of the stack, by its name.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("CP-10", "Provide for the recovery and reconstitution of the system to a known state"),
        url="https://docs.docker.com/engine/storage/volumes/",
        mend=(
            'Mount a docker.Volume (type="volume", source=volume.name) at /data for Redis; for PostgreSQL at'
            " /var/lib/postgresql, up to version 17 at /var/lib/postgresql/data."
        ),
        judges=is_a(POSTGRESQL, REDIS),
        check=_on_a_named_volume,
    ),
    StackRule(
        id="one-writer-per-volume",
        sentence="One container alone writes to a volume, because two servers destroy each other's data.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("SI-7", "Detect unauthorized changes to software, firmware, and information"),
        url="https://www.postgresql.org/docs/current/creating-cluster.html",
        mend="Give each container a Volume of its own, or mount it with read_only=True where it is only read.",
        judges=of_type(VOLUME),
        check=_mounted_once,
    ),
    ResourceRule(
        id="redis-persistent-and-bounded",
        sentence="Redis writes what it takes to disk, and keeps its memory below what its container may have.",
        severity=Severity.HIGH,
        framework=nist_800_53("SC-5", "Protect against or limit the effects of denial-of-service events"),
        url="https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/",
        mend=(
            "Add --appendonly yes, --maxmemory and --maxmemory-policy to the command, with a memory of the container of"
            " at least 1.25 times maxmemory."
        ),
        judges=is_a(REDIS),
        check=_persists,
    ),
    ResourceRule(
        id="databases-stop-in-order",
        sentence="PostgreSQL and Redis get the time to save before they are killed.",
        severity=Severity.HIGH,
        framework=nist_800_53("SC-24", "Fail to a known system state, preserving system state information"),
        url="https://www.postgresql.org/docs/current/server-shutdown.html",
        mend=(
            "Set stop_timeout and destroy_grace_seconds (left out, the provider kills at once); for PostgreSQL"
            ' stop_signal="SIGINT".'
        ),
        judges=is_a(POSTGRESQL, REDIS),
        check=_stops_in_order,
        limits={"seconds": Limit(30, "The least that a database gets to save in.")},
    ),
    ResourceRule(
        id="volumes-named",
        sentence="A volume has a name that was chosen, so that whoever sets the stack up again finds the data.",
        severity=Severity.HIGH,
        framework=nist_800_53("CP-10", "Provide for the recovery and reconstitution of the system to a known state"),
        url="https://www.pulumi.com/docs/iac/concepts/resources/names/",
        mend='Set name="…" on the docker.Volume, and leave it as it is.',
        judges=of_type(VOLUME),
        check=_named,
    ),
    ResourceRule(
        id="databases-as-containers",
        sentence="PostgreSQL and Redis are plain containers, of which Docker never runs two.",
        severity=Severity.HIGH,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url="https://docs.docker.com/engine/swarm/services/",
        mend="Declare it as a Container with a volume; Swarm starts a successor before the old one has ended.",
        judges=of_type(SERVICE),
        check=_no_database,
    ),
]
