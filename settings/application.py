"""What runs on the VPS: PostgreSQL, Redis, backend, frontend, nginx. The sizes left out are the brief's."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from settings.secrets import SECRET_VARIABLES, ThirdParty
from settings.values import (
    ContainerCpus,
    Cpus,
    Image,
    Megabytes,
    Memory,
    Port,
    Section,
    ShortSeconds,
    Text,
    VariableName,
    Words,
    refuse,
)

_HTTP = 80
# Commands that check nothing.
_IDLE = {"true", "/bin/true", ":", "exit"}


class DatabaseSettings(Section):
    """PostgreSQL."""

    image: Image
    """A newer major version needs a migration of the data first."""
    cpus: ContainerCpus = 4
    """A change restarts the database."""
    memory: Memory = 4096
    """The container is killed above it."""
    shared_buffers: Megabytes = 512
    """PostgreSQL's own cache; a change restarts the database."""
    effective_cache_size: Memory = 2048
    """What the planner believes is cached by PostgreSQL and the system together; reserves nothing."""
    max_connections: Annotated[int, Field(ge=10, le=10_000)] = 200
    """Connections beyond it are refused; each costs memory."""
    reserved_connections: Annotated[int, Field(ge=3)] = 10
    """Connections that the backends leave to migrations, backups and people."""

    @model_validator(mode="after")
    def _caches_fit_the_memory(self) -> Self:
        if self.shared_buffers * 2 > self.memory:
            refuse(
                f"shared_buffers of {self.shared_buffers}MB is more than half of the container's {self.memory}MB",
                "raise memory or lower shared_buffers",
            )
        return self


class CacheSettings(Section):
    """Redis."""

    image: Image
    """A newer version reads the data of an older one, not the other way round."""
    cpus: ContainerCpus = 1
    """A change restarts Redis."""
    memory: Memory = 2560
    """The container is killed above it."""
    maxmemory: Megabytes = 2048
    """Keys are evicted, least recently used first, above it."""

    @model_validator(mode="after")
    def _a_fork_fits_the_memory(self) -> Self:
        if self.memory * 4 < self.maxmemory * 5:
            refuse(
                f"memory of {self.memory}MB is less than saving needs: 1.25 x maxmemory = {self.maxmemory * 5 / 4:g}MB",
                "raise memory or lower maxmemory",
            )
        return self


class BackendSettings(Section):
    """The API."""

    image: Image
    """Its tag is `release`; `neurmatic images --release` writes both, and the other part's."""
    replicas: Annotated[int, Field(ge=2, le=100)] = 2
    """Fewer than two leave nothing to serve while one is lost."""
    cpus: Cpus = 2
    """Of each replica; a change rolls the replicas."""
    memory: Memory = 2048
    """Of each replica, which is killed above it; a change rolls the replicas."""
    pool_size: Annotated[int, Field(ge=2)] = 50
    """Database connections of each replica, of which health checks want one for themselves."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 3000
    """Port that it listens on; below 1024 it would have to run as root."""
    command: Words = ("node", "server.js")
    """Starts the server."""
    migrate_command: Words = ("node", "migrate.js")
    """Brings the database to the release; runs before the release does, so the one before must live with its result."""
    # Docker takes no larger one (moby, daemon/oci_linux.go: "uids and gids must be in range").
    user_id: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1000
    """User that it runs as, and that alone may read its secrets."""
    environment: dict[VariableName, Text] = Field(default_factory=dict)
    """Further variables; secrets have no place here, because `docker inspect` shows them."""

    def variables(self, *, environment: str, release: str) -> dict[str, str]:
        """Return all variables of the server and of the migration, except secrets."""
        return {**self.environment, **self._own_variables(environment=environment, release=release)}

    def _own_variables(self, *, environment: str = "", release: str = "") -> dict[str, str]:
        return {
            "APP_ENVIRONMENT": environment,
            "DATABASE_POOL_SIZE": str(self.pool_size),
            "NODE_ENV": "production",
            "PORT": str(self.port),
            "RELEASE": release,
        }

    @model_validator(mode="after")
    def _no_variable_is_set_twice(self) -> Self:
        for name in self.environment.keys() & {*self._own_variables(), *SECRET_VARIABLES}:
            refuse(
                "is a variable that the program sets itself",
                f"pulumi config rm --path 'neurmatic:application.backend.environment.{name}'",
                at=f"application.backend.environment.{name}",
            )
        return self


class FrontendSettings(Section):
    """The web pages."""

    image: Image
    """Its tag is `release`; `neurmatic images --release` writes both, and the other part's."""
    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """One is enough for updates without a gap; two are enough to lose one."""
    cpus: Cpus = 0.5
    """Of each replica; a change rolls the replicas."""
    memory: Memory = 256
    """Of each replica, which is killed above it; a change rolls the replicas."""
    port: Port = 80
    """Port that it listens on."""
    health_command: Words | None = None
    """Runs in the container; a replica gets traffic when it succeeds. Left out: curl asks for `/` at the port."""

    @field_validator("health_command")
    @classmethod
    def _the_check_can_fail(cls, command: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if command is not None and command[0] in _IDLE:
            refuse("succeeds whatever the replica does", "name a command that fails where the replica does not serve")
        return command

    @property
    def health_check(self) -> tuple[str, ...]:
        """Return the command of the container's health check."""
        address = "127.0.0.1" if self.port == _HTTP else f"127.0.0.1:{self.port}"
        return self.health_command or ("curl", "-fsS", "-o", "/dev/null", f"http://{address}/")


class ApplicationSettings(Section):
    """What is released: backend and frontend."""

    environment: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
    """Name that the health endpoint and the error reports tell."""
    health_interval_seconds: ShortSeconds = 30
    """Between two looks at a replica; an update waits for one look at each."""
    monitor_seconds: Annotated[int, Field(ge=5, le=59)] = 45
    """For how long after its start a replica that fails rolls the update back."""
    third_party: tuple[ThirdParty, ...] = ()
    """Services of others that the backend uses: each brings the secrets that it needs, as variables."""
    backend: BackendSettings
    """The API."""
    frontend: FrontendSettings
    """The web pages."""


class LoadBalancerSettings(Section):
    """nginx."""

    image: Image
    """1.27.3 or newer; a change leaves the ports closed for a second or two."""
    cpus: ContainerCpus = 1
    """A change leaves the ports closed for a second or two."""
    memory: Memory = 512
    """The container is killed above it."""
