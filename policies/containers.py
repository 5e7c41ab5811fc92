"""Rules for what containers and services open to the outside."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.proxy import UnknownValueError

_CONTAINER = "docker:index/container:Container"
_SERVICE = "docker:index/service:Service"
_DATABASES = {5432: "PostgreSQL", 6379: "Redis"}
_LOOPBACK = ("127.0.0.1", "::1")
# What an input says that nobody knows before the deployment: it never equals a good value.
_UNKNOWN = "unknown before the deployment"


def _read(inputs: Any, key: str) -> Any:
    try:
        return inputs.get(key)
    except UnknownValueError:
        return _UNKNOWN


def _items(inputs: Any, key: str) -> Iterator[Any]:
    """Yield the items of a list, `_UNKNOWN` for each that is, or for the whole list."""
    found = _read(inputs, key)
    if found is _UNKNOWN:
        yield _UNKNOWN
        return
    for index in range(len(found or ())):
        try:
            yield found[index]
        except UnknownValueError:
            yield _UNKNOWN


def _database(port: Any, *keys: str) -> str | None:
    """Return whose port it is; a port whose number is unknown may be anybody's."""
    if not isinstance(port, Mapping):
        return "a port that is " + _UNKNOWN
    numbers = [_read(port, key) for key in keys]
    if _UNKNOWN in numbers:
        return "a port that is " + _UNKNOWN
    return next((_DATABASES[number] for number in numbers if number in _DATABASES), None)


def _container(inputs: Mapping[str, Any]) -> Iterator[str]:
    if _read(inputs, "networkMode") in ("host", _UNKNOWN):
        yield "networkMode: the host's own network opens every port of the container on all addresses"
    if _read(inputs, "publishAllPorts") not in (None, False):
        yield "publishAllPorts: publishes whatever the image exposes on all addresses"
    for index, port in enumerate(_items(inputs, "ports")):
        database = _database(port, "internal", "external")
        if database and (not isinstance(port, Mapping) or _read(port, "ip") not in _LOOPBACK):
            yield f"ports[{index}]: publishes {database} beyond the host itself"


def _service(inputs: Mapping[str, Any]) -> Iterator[str]:
    endpoint = _read(inputs, "endpointSpec") or {}
    if endpoint is _UNKNOWN:
        yield f"endpointSpec: is {_UNKNOWN}"
        return
    for index, port in enumerate(_items(endpoint, "ports")):
        database = _database(port, "targetPort", "publishedPort")
        if database:
            yield f"endpointSpec.ports[{index}]: publishes {database}, and a service does so on all addresses"


def _validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    judges = {_CONTAINER: _container, _SERVICE: _service}
    if args.resource_type in judges:
        for violation in judges[args.resource_type](args.props):
            report(f"{args.name}: {violation}. {_REMEDIATION}", None)


_REMEDIATION = 'Publish 5432 and 6379 from plain containers only, with ip="127.0.0.1", written out.'

database_port_bound_to_loopback = ResourceValidationPolicy(
    name="database-port-bound-to-loopback",
    description="PostgreSQL and Redis are published on the host's loopback and nowhere else.",
    validate=_validate,
    enforcement_level=EnforcementLevel.MANDATORY,
    severity=Severity.CRITICAL,
    framework=PolicyComplianceFramework(
        name="CIS Docker Benchmark",
        version="1.6.0",
        reference="5.14",
        specification="Ensure that incoming container traffic is bound to a specific host interface",
    ),
    remediation_steps=_REMEDIATION,
    url="https://docs.docker.com/engine/network/port-publishing/",
)

POLICIES = [database_port_bound_to_loopback]
