"""The only reader of configuration: `load` returns frozen sections and secrets, or tells every mistake at once."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

PROJECT = "neurmatic"
_SIZE = r"^[1-9][0-9]*(MB|GB)$"


def _refuse(problem: str, mend: str) -> NoReturn:
    raise PydanticCustomError("rule", "{problem}", {"problem": problem, "mend": mend})


def _megabytes(value: object) -> object:
    if not isinstance(value, str) or not re.match(_SIZE, value):
        _refuse("is not a size", 'write a whole number with its unit: "512MB" or "2GB"')
    return int(value[:-2]) * (1024 if value.endswith("GB") else 1)


def _not_latest(value: str) -> str:
    if value.endswith(":latest") or value == "latest":
        _refuse("names whatever is newest, which no one can roll back to", "name a version")
    return value


def _roomy(value: IPv4Network) -> IPv4Network:
    if value.prefixlen > 26:
        _refuse("is too small for the containers and for those that replace them", "choose a /26 or larger")
    return value


def _expanded(value: object) -> object:
    return Path(value).expanduser() if isinstance(value, str) else value


Megabytes = Annotated[
    int, BeforeValidator(_megabytes), WithJsonSchema({"type": "string", "pattern": _SIZE, "examples": ["512MB"]})
]
Cpus = Annotated[float, Field(gt=0, le=256)]
Port = Annotated[int, Field(ge=1, le=65535)]
Days = Annotated[int, Field(ge=1)]
# At most 59, because Docker writes longer ones in another form, which would show as a change at every preview.
ShortSeconds = Annotated[int, Field(ge=1, le=59)]
Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"), AfterValidator(_not_latest)]
Image = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9./:_-]+[a-z0-9](:[A-Za-z0-9_.-]+|@sha256:[0-9a-f]{64})$"),
    AfterValidator(_not_latest),
]
ReleasedImage = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9._/-]+(@sha256:[0-9a-f]{64})?$")
]
Words = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], Field(min_length=1)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
KeyFile = Annotated[FilePath, BeforeValidator(_expanded)]
SshPublicKey = Annotated[str, StringConstraints(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa) [A-Za-z0-9+/=]+")]
Subnet = Annotated[IPv4Network, AfterValidator(_roomy)]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]


class Section(BaseModel):
    """One object of the configuration; cannot change, and refuses keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class HostSettings(Section):
    """The VPS and the way to it."""

    ipv4: IPv4Address
    """Public address: what the A records point to."""
    address: str
    """Name or address that SSH connects to."""
    ssh_port: Port = 22
    """Port of its sshd."""
    ssh_user: Literal["root"] = "root"
    """Sets up the host; no other user can, so far."""
    ssh_host_key: SshPublicKey
    """The host's public key; another host that answers at this address is refused."""
    ssh_private_key_file: KeyFile
    """Private key that opens the host; read, never copied."""
    ssh_known_hosts_file: KeyFile
    """File in OpenSSH's form that holds the host's key; Docker's connections accept no other."""
    swarm_address: IPv4Address = IPv4Address("127.0.0.1")
    """Address at which the nodes of the cluster reach one another; loopback, with one node, closes Swarm's ports."""


class NetworkSettings(Section):
    """The network between the containers."""

    subnet: Subnet = IPv4Network("10.64.77.0/24")
    """Must not overlap a network that the host is in; a change replaces the network and stops the platform."""


class DnsSettings(Section):
    """The zone and its records at Cloudflare."""

    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """Account that holds the zone."""
    api_url: HttpUrl | None = None
    """Another API than Cloudflare's own."""
    proxied: bool = False
    """Whether visitors reach Cloudflare's network instead of the host itself."""
    ttl: Annotated[int, Field(ge=1, le=86400)] = 300
    """Seconds for which resolvers keep the answer: how long a change of address takes to arrive."""

    @model_validator(mode="after")
    def _cloudflare_fixes_the_ttl_of_proxied_records(self) -> Self:
        if self.proxied and self.ttl != 1:
            _refuse(f"ttl is {self.ttl}, and Cloudflare serves proxied records with its own only", "set ttl to 1")
        if not self.proxied and self.ttl < 60:
            _refuse(
                f"ttl is {self.ttl}, and Cloudflare takes 60 to 86400 for records that are not proxied", "raise ttl"
            )
        return self


class DatabaseSettings(Section):
    """PostgreSQL."""

    image: Image
    """A newer major version needs a migration of the data first."""
    cpus: Cpus
    """A change restarts the database."""
    memory: Megabytes
    """The container is killed above it."""
    shared_buffers: Megabytes
    """PostgreSQL's own cache; a change restarts the database."""
    effective_cache_size: Megabytes
    """What the planner believes is cached by PostgreSQL and the system together; reserves nothing."""
    max_connections: Annotated[int, Field(ge=10, le=10_000)]
    """Connections beyond it are refused; each costs memory."""
    reserved_connections: Annotated[int, Field(ge=3)] = 10
    """Connections that the backends leave to migrations, backups and people."""

    @model_validator(mode="after")
    def _caches_fit_the_memory(self) -> Self:
        if self.shared_buffers * 2 > self.memory:
            _refuse(
                f"shared_buffers of {self.shared_buffers}MB is more than half of the container's {self.memory}MB",
                "raise memory or lower shared_buffers",
            )
        return self


class CacheSettings(Section):
    """Redis."""

    image: Image
    """A newer version reads the data of an older one, not the other way round."""
    cpus: Cpus
    """A change restarts Redis."""
    memory: Megabytes
    """The container is killed above it."""
    maxmemory: Megabytes
    """Keys are evicted, least recently used first, above it."""

    @model_validator(mode="after")
    def _a_fork_fits_the_memory(self) -> Self:
        if self.memory * 4 < self.maxmemory * 5:
            _refuse(
                f"memory of {self.memory}MB is less than saving needs: 1.25 x maxmemory = {self.maxmemory * 5 / 4:g}MB",
                "raise memory or lower maxmemory",
            )
        return self


class BackendSettings(Section):
    """The API."""

    image: ReleasedImage
    """Repository without a tag: the tag is `release`; with a digest it is used as it is."""
    replicas: Annotated[int, Field(ge=1, le=100)]
    """Fewer than two leave nothing to serve while one is lost."""
    cpus: Cpus
    """Of each replica; a change rolls the replicas."""
    memory: Megabytes
    """Of each replica, which is killed above it; a change rolls the replicas."""
    pool_size: Annotated[int, Field(ge=2)]
    """Database connections of each replica, of which health checks want one for themselves."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 3000
    """Port that it listens on; below 1024 it would have to run as root."""
    command: Words = ("node", "server.js")
    """Starts the server."""
    migrate_command: Words = ("node", "migrate.js")
    """Brings the database to the release; runs before the release does, so the one before must live with its result."""
    user_id: Annotated[int, Field(ge=1)] = 1000
    """User that it runs as, and that alone may read its secrets."""
    environment: dict[VariableName, str] = {}
    """Further variables; secrets have no place here, because `docker inspect` shows them."""


class FrontendSettings(Section):
    """The web pages."""

    image: ReleasedImage
    """Repository without a tag: the tag is `release`; with a digest it is used as it is."""
    replicas: Annotated[int, Field(ge=1, le=100)]
    """One is enough for updates without a gap; two are enough to lose one."""
    cpus: Cpus
    """Of each replica; a change rolls the replicas."""
    memory: Megabytes
    """Of each replica, which is killed above it; a change rolls the replicas."""
    port: Port = 80
    """Port that it listens on."""
    health_command: Words = ("curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1/")
    """Runs in the container; a replica gets traffic when it succeeds."""


class ApplicationSettings(Section):
    """What is released: backend and frontend."""

    environment: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
    """Name that the health endpoint and the error reports tell."""
    health_interval_seconds: ShortSeconds = 30
    """Between two looks at a replica; an update waits for one look at each."""
    monitor_seconds: Annotated[int, Field(ge=5, le=59)] = 45
    """For how long after its start a replica that fails rolls the update back."""
    backend: BackendSettings
    """The API."""
    frontend: FrontendSettings
    """The web pages."""


class LoadBalancerSettings(Section):
    """nginx."""

    image: Image
    """1.27.3 or newer; a change leaves the ports closed for a second or two."""
    cpus: Cpus
    """A change leaves the ports closed for a second or two."""
    memory: Megabytes
    """The container is killed above it."""


class CertificateSettings(Section):
    """Where certificates come from."""

    directory_url: HttpUrl
    """The ACME directory of the certificate authority; a change issues a new certificate."""
    email: Email
    """Account that the authority writes to."""


class BackupBucketSettings(Section):
    """Where backups go."""

    name: BucketName
    """Unique in the world; a change makes another bucket and leaves this one."""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    """A change makes another bucket and leaves this one."""
    endpoint: HttpUrl | None = None
    """Another S3 than Amazon's own."""
    archive_class: Literal["GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"] = "GLACIER_IR"
    """GLACIER thaws for 3 to 5 hours, DEEP_ARCHIVE for 12; the platform must be back within 4."""
    archive_after_days: Annotated[int, Field(ge=30)] = 90
    """A backup's age when it moves to the archive."""
    expire_after_days: Days = 365
    """A backup's age when it is deleted."""

    @model_validator(mode="after")
    def _archived_before_it_expires(self) -> Self:
        if self.archive_after_days >= self.expire_after_days:
            _refuse(
                f"archive_after_days {self.archive_after_days} is not below expire_after_days {self.expire_after_days}",
                "lower archive_after_days or raise expire_after_days",
            )
        return self


class Settings(Section):
    """The configuration of one stack, secrets apart."""

    domain: Domain
    """The apex; `www.` and `api.` stand beside it."""
    release: Release
    """Tag of the application's images, and the release id that the health endpoint tells."""
    host: HostSettings
    """The VPS and the way to it."""
    network: NetworkSettings = NetworkSettings()
    """The network between the containers."""
    dns: DnsSettings
    """The zone and its records at Cloudflare."""
    database: DatabaseSettings
    """PostgreSQL."""
    cache: CacheSettings
    """Redis."""
    application: ApplicationSettings
    """What is released: backend and frontend."""
    load_balancer: LoadBalancerSettings
    """nginx."""
    certificate: CertificateSettings
    """Where certificates come from."""
    backup_bucket: BackupBucketSettings
    """Where backups go."""

    @field_validator("application")
    @classmethod
    def _pools_fit_the_database(cls, application: ApplicationSettings, info: ValidationInfo) -> ApplicationSettings:
        database: DatabaseSettings | None = info.data.get("database")
        backend = application.backend
        if database is None:
            return application
        needed = (backend.replicas + 1) * backend.pool_size + database.reserved_connections
        if needed > database.max_connections:
            _refuse(
                f"({backend.replicas} replicas + 1 during an update) x pool_size {backend.pool_size}"
                f" + {database.reserved_connections} reserved = {needed} connections,"
                f" more than database.max_connections {database.max_connections}",
                "lower backend.replicas or backend.pool_size, or raise database.max_connections",
            )
        return application


@dataclass(frozen=True)
class Secrets:
    """The stack's secrets; their values are never in a section, a message or a log."""

    postgres_password: pulumi.Output[str]
    redis_password: pulumi.Output[str]
    jwt_secret: pulumi.Output[str]
    jwt_refresh_secret: pulumi.Output[str]
    session_secret: pulumi.Output[str]
    cloudflare_api_token: pulumi.Output[str]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is wrong there, and how to mend it."""

    key: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.key}\n    {self.wrong}\n    mend: {self.mend}"


SECRETS = tuple(field.name for field in fields(Secrets))
# Printable without spaces, quotes and backslashes, so that every file and URL holds it as it is.
_SECRET = re.compile(r"^[!#-&(-\[\]-~]{16,}$")


def load() -> tuple[Settings, Secrets]:
    """Return the stack's settings and secrets.

    Raises pulumi.RunError, which Pulumi shows without a traceback, with every mistake that there is.
    """
    values = {**get_config_env(), **CONFIG.get()}
    secret = {key for key in values if pulumi.runtime.is_config_secret(key)}
    settings, problems = parse(values, secret)
    if settings is None or problems:
        raise pulumi.RunError(report(problems))
    config = pulumi.Config(PROJECT)
    return settings, Secrets(**{name: config.require_secret(name) for name in SECRETS})


def report(problems: list[Problem]) -> str:
    """Return the text that tells all problems."""
    many = f"{len(problems)} mistakes" if len(problems) > 1 else "one mistake"
    return "\n".join([f"the configuration has {many}; nothing was changed", *map(str, problems)])


def parse(values: Mapping[str, str], secret: set[str]) -> tuple[Settings | None, list[Problem]]:
    """Read a configuration as Pulumi gives it: texts by their full keys, and the keys whose values are secret."""
    problems = [*_foreign(values), *_secrets(values, secret)]
    sections: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        key = f"{PROJECT}:{name}"
        if key in secret:
            problems.append(Problem(key, "holds a secret, and sections are not secret", _mend_secret("NAME")))
        elif key in values:
            sections[name] = _decoded(values[key]) if field.annotation is not str else values[key]
    try:
        return Settings.model_validate(sections), problems
    except ValidationError as error:
        skipped = {name for name in Settings.model_fields if f"{PROJECT}:{name}" in secret}
        return None, problems + [_problem(each) for each in error.errors() if each["loc"][0] not in skipped]


def schema() -> dict[str, Any]:
    """Return the JSON schema of a `Pulumi.<stack>.yaml`."""
    settings = TypeAdapter(Settings).json_schema()
    secret = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Configuration of a stack of {PROJECT}",
        "type": "object",
        "properties": {
            "encryptionsalt": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "config": {
                "type": "object",
                "additionalProperties": False,
                "required": [f"{PROJECT}:{name}" for name in (*settings["required"], *SECRETS)],
                "properties": {
                    **{f"{PROJECT}:{name}": value for name, value in settings["properties"].items()},
                    **{f"{PROJECT}:{name}": secret for name in SECRETS},
                },
            },
        },
        "$defs": settings["$defs"],
    }


def _decoded(text: str) -> object:
    """Objects arrive as JSON, texts as they are; the model judges either."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _foreign(values: Mapping[str, str]) -> Iterator[Problem]:
    """Keys that nobody reads; those of `pulumi:` are the engine's own."""
    known = {f"{PROJECT}:{name}" for name in (*Settings.model_fields, *SECRETS)}
    for key in sorted(values):
        if key not in known and not key.startswith("pulumi:"):
            yield Problem(key, f"is no setting of this program{_near(key, known)}", f"pulumi config rm '{key}'")


def _secrets(values: Mapping[str, str], secret: set[str]) -> Iterator[Problem]:
    for name in SECRETS:
        key = f"{PROJECT}:{name}"
        if key not in values:
            yield Problem(key, "is missing; it is a secret", _mend_secret(name))
        elif key not in secret:
            yield Problem(key, "is a secret and stands in the clear", _mend_secret(name))
        elif not _SECRET.match(values[key]):
            wrong = "needs at least 16 printable characters without spaces, quotes and backslashes"
            yield Problem(key, wrong, _mend_secret(name))


def _mend_secret(name: str) -> str:
    return f"pulumi config set --secret {PROJECT}:{name}"


def _problem(error: ErrorDetails) -> Problem:
    path = [part for part in error["loc"] if part != "[key]"]
    key = f"{PROJECT}:" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]
    set_it = f"pulumi config set --path '{key}' VALUE"
    if error["type"] == "extra_forbidden":
        siblings = _fields(path[:-1])
        return Problem(key, f"is no setting{_near(str(path[-1]), siblings)}", f"pulumi config rm --path '{key}'")
    if error["type"] == "missing":
        return Problem(key, f"is missing: {_meaning(path)}", set_it)
    if error["type"] == "rule":
        context = error["ctx"]
        return Problem(key, f"{context['problem']}{_shown(error['input'])}", context["mend"])
    return Problem(key, f"{error['msg']}{_shown(error['input'])}: {_meaning(path)}", set_it)


def _shown(value: object) -> str:
    return f" (it is {json.dumps(value)})" if isinstance(value, str | int | float) else ""


def _near(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _section(path: list[int | str]) -> type[BaseModel] | None:
    """Return the section at this path, None where there is none."""
    section: Any = Settings
    for part in path:
        field = section.model_fields.get(part) if isinstance(part, str) else None
        section = field.annotation if field else None
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            return None
    return section  # type: ignore[no-any-return]  # every step above was a section


def _fields(path: list[int | str]) -> set[str]:
    section = _section(path)
    return set(section.model_fields) if section else set()


def _meaning(path: list[int | str]) -> str:
    """Return what the settings' author says about the field."""
    while path:
        section = _section(path[:-1])
        field = section.model_fields.get(str(path[-1])) if section else None
        if field and field.description:
            return field.description
        path = path[:-1]
    return ""


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
