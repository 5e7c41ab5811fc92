"""Cases of the rules for what cannot be made again."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Declaration, Program, put, without

VOLUME = "docker:index/volume:Volume"
CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
POSTGRES_18, REDIS_8 = "postgres:18@sha256:00", "registry.example:5000/library/redis:8"
# Sizes as Redis writes them, the memory of a container in MB that is just enough, and a size that is too much for it.
LARGEST = {
    "67108864": (80, "67108865"),
    "67108864b": (80, "67108865b"),
    "67108k": (80, "67109k"),
    "65536kb": (80, "65537kb"),
    "67m": (80, "68m"),
    "64mb": (80, "65mb"),
    "1g": (1193, "2g"),
    "2g": (2385, "3g"),
    "1gb": (1280, "2gb"),
    "2gb": (2560, "3gb"),
}
POLICIES = (
    *("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-lrm", "allkeys-random"),
    *("volatile-lru", "volatile-lfu", "volatile-lrm", "volatile-random", "volatile-ttl"),
)
PERSISTENT = "redis-server --appendonly yes --maxmemory 64mb --maxmemory-policy allkeys-lru"


def volume(chosen: str | None = "data", name: str = "data") -> Declaration:
    declared = of(VOLUME, name, protect=True)
    if chosen is not None:
        declared.inputs["name"] = chosen
    return declared


def server(
    *mounts: Any, image: str = POSTGRES_18, name: str = "server", refers: str = "", **inputs: Any
) -> Declaration:
    declared = of(CONTAINER, name, image=image, mounts=list(mounts), **inputs)
    declared.refers["mounts"] = frozenset({refers} if refers else ())
    return declared


def referring(declaration: Declaration, link: str) -> Declaration:
    """Let an input be an output of the volume."""
    declaration.refers[link] = frozenset({"urn::data"})
    return declaration


def mount(target: str = "/var/lib/postgresql", **inputs: Any) -> dict[str, Any]:
    return {"type": "volume", "source": "data", "target": target, **inputs}


def service(*mounts: Any, name: str = "other", **inputs: Any) -> Declaration:
    return of(SERVICE, name, taskSpec={"containerSpec": {"image": "acme/backend", "mounts": list(mounts)}}, **inputs)


def redis(command: str = PERSISTENT, **inputs: Any) -> Declared:
    return [of(CONTAINER, image=REDIS_8, command=command.split(), **{"memory": 80, **inputs})]


def stops(image: str = POSTGRES_18, **inputs: Any) -> Declared:
    return [of(CONTAINER, image=image, **{"stopTimeout": 120, "destroyGraceSeconds": 120, **inputs})]


def _unprotected(program: Program) -> None:
    program["database-data"].protect = False


CASES = {
    "stateful-resources-protected": Cases(
        good={
            "protected": [of(VOLUME, protect=True), of("aws:s3/bucket:Bucket", "bucket", protect=True)],
        },
        bad={
            "missing": [of(VOLUME, name="data")],
            "mixed list": [of("aws:s3/bucket:Bucket", protect=True), of("cloudflare:index/zone:Zone")],
            "the newer type of a bucket": [of("aws:s3/bucketV2:BucketV2")],
            "a password that data was made with": [of("random:index/randomPassword:RandomPassword", length=32)],
        },
        cannot=frozenset({"empty", "ipv6", "wrong case"}),
        unknown={},
        canary=[of(VOLUME, driverOpts={"o": CANARY})],
        breaks=_unprotected,
    ),
    "databases-on-named-volumes": Cases(
        good={
            "by its name": [volume(), server(mount())],
            "one level lower up to 17": [volume(), server(mount("/var/lib/postgresql/data/"), image="postgres:17.2")],
            "of an image without a version": [
                volume(),
                *(server(mount(f"/var/lib/postgresql{at}"), image="postgis", name=f"at{at}") for at in ("", "/data")),
            ],
            "where PGDATA is": [volume(), server(mount("/srv"), envs=["PGDATA=/srv/data/"])],
            "PGDATA itself": [volume(), server(mount("/srv"), envs=["PGDATA=/srv"])],
            "of Redis": [volume(), server(mount("/data"), image=REDIS_8)],
            "where Redis is told to": [volume(), server(mount("/srv"), image=REDIS_8, command=["--dir", "/srv/"])],
            "by the older input": [
                volume(),
                server(
                    volumes=[
                        {"hostPath": "/a", "containerPath": "/a"},
                        {"volumeName": "data", "containerPath": "/var/lib/postgresql/"},
                    ]
                ),
            ],
            "by what it is an output of": [volume(None), server(mount(source="data-1a2b3c4"), refers="urn::data")],
            "by what it is an output of, by the older input": [
                volume(None),
                referring(
                    server(volumes=[{"volumeName": "data-1a2b3c4", "containerPath": "/var/lib/postgresql"}]), "volumes"
                ),
            ],
        },
        bad={
            "missing": [volume(), server()],
            "empty": [volume(), server(mount(source=""))],
            "anonymous": [volume(), server({"type": "volume", "target": "/var/lib/postgresql"})],
            "a directory of the host": [volume(), server(mount(type="bind", source="/srv/data"))],
            "memory": [volume(), server({"type": "tmpfs", "target": "/var/lib/postgresql"})],
            "memory over the volume": [volume(), server(mount(), tmpfs={"/run": "", "/var/lib/postgresql/": ""})],
            "anonymous, beside one that has a name": [
                volume(None),
                server(
                    {"type": "volume", "target": "/var/lib/postgresql"}, mount("/a", source="b"), refers="urn::data"
                ),
            ],
            "wrong case": [volume(), server(mount(type="Volume"))],
            "mixed list": [volume(), server(mount(), mount(type="tmpfs", source=None))],
            "of nobody's": [volume("another"), server(mount())],
            "of nobody's, by the older input": [
                server(volumes=[{"volumeName": "x", "containerPath": "/var/lib/postgresql"}])
            ],
            "a directory of the host, by the older input": [
                server(volumes=[{"hostPath": "/srv", "containerPath": "/var/lib/postgresql"}])
            ],
            "beside the data of 18": [volume(), server(mount("/var/lib/postgresql/data"))],
            "beside the data of 17": [volume(), server(mount(), image="postgres:17")],
            "beside PGDATA": [volume(), server(mount(), envs=["PGDATA=/srv/data"])],
            "beside the data of Redis": [volume(), server(mount("/data"), image=REDIS_8, command=["--dir", "/srv"])],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "the image": [of(CONTAINER, image=UNKNOWN)],
            "mounts": [of(CONTAINER, image=POSTGRES_18, mounts=UNKNOWN)],
            "the source": [volume(), server(mount(source=UNKNOWN))],
            "the target": [volume(), server(mount(UNKNOWN))],
        },
        canary=[volume(), server(mount(source=CANARY))],
        breaks=without("database-server", "mounts", 0, "source"),
    ),
    "one-writer-per-volume": Cases(
        good={
            "one": [volume(), server(mount())],
            "none": [volume()],
            "another that reads": [volume(), server(mount()), server(mount(readOnly=True), name="backup")],
            "one replica of a service": [volume(), service(mount(), mode={"replicated": {"replicas": 1}})],
            "each its own": [volume(), volume("more", "more"), server(mount()), server(mount(source="more"), name="b")],
            "a directory of the same name": [volume(), server(mount()), server(mount(type="bind"), name="b")],
        },
        bad={
            "two": [volume(), server(mount()), server(mount("/elsewhere"), name="other")],
            "mixed list": [volume(), server(mount()), server(mount("/a", source="b"), mount("/c"), name="other")],
            "by the older input": [
                volume(),
                server(mount()),
                server(volumes=[{"volumeName": "data", "containerPath": "/a"}], name="other"),
            ],
            "by what it is an output of": [
                volume(None),
                *(server(mount(source="data-1a2b3c4"), refers="urn::data", name=name) for name in ("a", "b")),
            ],
            "by what a service's is an output of": [
                volume(None),
                referring(service(mount(source="data-1a2b3c4"), mode={"global": True}), "taskSpec"),
            ],
            "two replicas": [volume(), service(mount(), mode={"replicated": {"replicas": 2}})],
            "on every node": [volume(), service(mount(), mode={"global": True})],
            "a successor before the end": [volume(), service(mount(), updateConfig={"order": "start-first"})],
            "a service beside it": [volume(), server(mount()), service(mount())],
        },
        cannot=frozenset({"missing", "empty", "ipv6", "wrong case"}),
        unknown={
            "mounts": [volume(), of(CONTAINER, "server", mounts=UNKNOWN)],
            "the name": [of(VOLUME, "data"), volume(UNKNOWN, "other"), server(mount())],
            "replicas": [volume(), service(mount(), mode={"replicated": {"replicas": UNKNOWN}})],
        },
        canary=[volume(CANARY), server(mount(source=CANARY)), server(mount(source=CANARY), name="other")],
        breaks=put("cache-server", "mounts", 0, "source", value="neurmatic-postgres"),
    ),
    "redis-persistent-and-bounded": Cases(
        good={
            "both": redis(),
            "capitals, which Redis takes": redis(
                "redis-server --APPENDONLY YES --MAXMEMORY 64MB --MAXMEMORY-POLICY NOEVICTION"
            ),
            **{
                f"{size} of {memory}": redis(PERSISTENT.replace("64mb", size), memory=memory)
                for size, (memory, _) in LARGEST.items()
            },
            **{policy: redis(PERSISTENT.replace("allkeys-lru", policy)) for policy in POLICIES},
            "through a shell": [of(CONTAINER, image="redis", command=["sh", "-c", f"exec {PERSISTENT}"], memory=80)],
            "no limit of the container, which another rule judges": [
                of(CONTAINER, image="redis", command=PERSISTENT.split())
            ],
        },
        bad={
            "missing": [of(CONTAINER, image="redis")],
            "empty": redis(""),
            "a file of nobody knows what": redis("redis-server /etc/redis.conf"),
            "not written": redis(PERSISTENT.replace("yes", "no")),
            "not written, said later": redis(f"{PERSISTENT} --appendonly no"),
            "wrong case": redis(f"{PERSISTENT} --AppendOnly no"),
            "no bound": redis(PERSISTENT.replace("64mb", "0")),
            "a bound that is none": redis(PERSISTENT.replace("64mb", "64mib")),
            "no decision": redis(PERSISTENT.replace("allkeys-lru", "sometimes")),
            "no room to save": redis(memory=79),
            **{
                f"{size} of {memory}": redis(PERSISTENT.replace("64mb", size), memory=memory)
                for memory, size in LARGEST.values()
            },
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={
            "the command": [of(CONTAINER, image="redis", command=UNKNOWN)],
            "a word": [of(CONTAINER, image="redis", command=["redis-server", UNKNOWN])],
            "the memory": redis(memory=UNKNOWN),
        },
        canary=redis(f"redis-server --requirepass {CANARY}"),
        breaks=put("cache-server", "memory", value=2048),
    ),
    "databases-stop-in-order": Cases(
        good={
            "the image's own signal": stops(),
            **{f"PostgreSQL by {signal}": stops(stopSignal=signal) for signal in ("SIGINT", "int", "2")},
            **{f"Redis by {signal}": stops(REDIS_8, stopSignal=signal) for signal in ("SIGTERM", "15", "SIGINT", "2")},
        },
        bad={
            "missing": [of(CONTAINER, image=POSTGRES_18)],
            "missing of one": [of(CONTAINER, image=REDIS_8, stopTimeout=30)],
            "empty": stops(destroyGraceSeconds=0),
            "too short": stops(stopTimeout=29),
            "killed": stops(REDIS_8, stopSignal="SIGKILL"),
            "killed by the number": stops(REDIS_8, stopSignal="9"),
            "waits for clients": stops(stopSignal="SIGTERM"),
            "aborted": stops(stopSignal="SIGQUIT"),
        },
        cannot=frozenset({"ipv6", "mixed list", "wrong case"}),
        unknown={
            "the time": stops(stopTimeout=UNKNOWN),
            "the provider's time": stops(destroyGraceSeconds=UNKNOWN),
            "the signal": stops(stopSignal=UNKNOWN),
        },
        canary=stops(stopSignal=CANARY),
        breaks=without("database-server", "destroyGraceSeconds"),
    ),
    "volumes-named": Cases(
        good={"chosen": [volume()], "nearly made up": [volume("data-1a2b3c"), volume("other-1a2b3c4")]},
        bad={
            "missing": [volume(None)],
            "empty": [volume("")],
            "made up by the provider": [volume("data-1a2b3c4")],
        },
        cannot=frozenset({"ipv6", "mixed list", "wrong case"}),
        unknown={"the name": [volume(UNKNOWN)]},
        canary=[of(VOLUME, driverOpts={"o": CANARY})],
        breaks=without("database-data", "name"),
    ),
    "databases-as-containers": Cases(
        good={
            "a service of ours": [service()],
            "what only speaks of them": [of(SERVICE, taskSpec={"containerSpec": {"image": "redis-exporter:1"}})],
        },
        bad={
            name: [of(SERVICE, taskSpec={"containerSpec": {"image": image}})]
            for name, image in {
                "PostgreSQL": "postgres",
                "by a digest": "ghcr.io/acme/our-postgres@sha256:00",
                "behind a port": REDIS_8,
                **{
                    name: f"acme/{name}:1"
                    for name in ("postgresql", "postgis", "pgvector", "timescaledb", "valkey", "keydb")
                },
                "wrong case": "Redis:8",
            }.items()
        },
        cannot=frozenset({"missing", "empty", "ipv6", "mixed list"}),
        unknown={"the image": [of(SERVICE, taskSpec={"containerSpec": {"image": UNKNOWN}})]},
        canary=[of(SERVICE, taskSpec={"containerSpec": {"image": f"registry/{CANARY}/redis"}})],
        breaks=put("application-backend", "taskSpec", "containerSpec", "image", value=f"redis:8@sha256:{'0' * 64}"),
    ),
}
