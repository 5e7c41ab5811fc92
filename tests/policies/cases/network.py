"""Cases of the rules for what containers and services open, and for who reaches whom."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from policies.docker import SECRET
from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Change, Declaration, Program, put

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
NETWORK = "docker:index/network:Network"
EVERYWHERE = "0.0.0.0"  # noqa: S104  an input to refuse, nothing listens
POSTGRES = {"internal": 5432, "external": 5432}
REDIS = {"internal": 6379, "external": 6379}
LOCAL = {"ip": "127.0.0.1"}
HTTPS = {"internal": 443, "external": 443, "ip": EVERYWHERE}


def container(*ports: Any, name: str = "thing", **inputs: Any) -> Declaration:
    return of(CONTAINER, name, ports=list(ports), **inputs)


def service(*ports: Any, name: str = "thing", **task: Any) -> Declaration:
    return of(SERVICE, name, endpointSpec={"ports": list(ports)}, taskSpec=task)


def called(declaration: Declaration, name: str) -> Declaration:
    """Give it a name in its inputs, beside the logical one."""
    declaration.inputs["name"] = name
    return declaration


def joined(declaration: Declaration, *networks: str) -> Declaration:
    """Let a container or service join networks of the stack, of which a preview knows neither name nor id."""
    link = "taskSpec" if declaration.type == SERVICE else "networksAdvanced"
    if declaration.type == SERVICE:
        task = declaration.inputs.setdefault("taskSpec", {})
        task["networksAdvanceds"] = [{"id": UNKNOWN} for _ in networks]
    else:
        declaration.inputs["networksAdvanced"] = [{"name": UNKNOWN} for _ in networks]
    declaration.refers[link] = frozenset(f"urn::{network}" for network in networks)
    return declaration


def database(*networks: str, name: str = "server") -> Declaration:
    return joined(called(of(CONTAINER, name, image="postgres:18"), "postgres"), *networks)


def secret(text: str, name: str = "url") -> Declaration:
    return of(SECRET, name, data=b64encode(text.encode()).decode())


def backend(
    *networks: str, knows: str | None = "url", ports: Sequence[Any] = (), takes: Sequence[Any] = ()
) -> Declaration:
    taken = [*takes, {"secretId": UNKNOWN, "secretName": UNKNOWN}] if knows else list(takes)
    found = joined(service(*ports, name="backend", containerSpec={"secrets": taken}), *networks)
    found.refers["taskSpec"] |= {f"urn::{knows}"} if knows else set()
    return found


def both(*more: Declaration) -> Declared:
    """Return two networks, a database on one of them, and more."""
    return [
        of(NETWORK, "front"),
        of(NETWORK, "data"),
        database("data"),
        secret("postgres://u:p@postgres:5432/a"),
        *more,
    ]


def by_name(network: str) -> Declared:
    """Return a database that is joined to a network by its name, beside a door that is joined to it by its output."""
    server = of(CONTAINER, "server", image="postgres", networksAdvanced=[{"name": network}])
    return [called(of(NETWORK, "data"), "inner"), server, joined(container(HTTPS, name="door"), "data")]


def frontend_beside_the_data(program: Program) -> None:
    frontend = program["application-frontend"]
    frontend.inputs["taskSpec"]["networksAdvanceds"].append({"id": UNKNOWN, "aliases": ["frontend"]})
    frontend.refers["taskSpec"] |= program["database-server"].refers["networksAdvanced"]


def one_more(declaration: Declaration) -> Change:
    return lambda program: program.add(declaration)


CASES = {
    "database-port-bound-to-loopback": Cases(
        good={
            "on either loopback": [container({**POSTGRES, **LOCAL}, {**REDIS, "ip": "::1"})],
            "of nobody's database": [container(HTTPS)],
            "none": [container(), of(CONTAINER)],
        },
        bad={
            "missing": [container(POSTGRES)],
            "empty": [container({**POSTGRES, "ip": ""})],
            "ipv6": [container({**REDIS, "ip": "::"})],
            "ipv6 in brackets": [container({**REDIS, "ip": "[::1]"})],
            "ipv4 in ipv6": [container({**REDIS, "ip": "::ffff:127.0.0.1"})],
            "everywhere": [container({**POSTGRES, "ip": EVERYWHERE})],
            "a public address": [container({**POSTGRES, "ip": "192.0.2.10"})],
            "a name": [container({**POSTGRES, "ip": "localhost"})],
            "a space": [container({**POSTGRES, "ip": "127.0.0.1 "})],
            "mixed list": [container(HTTPS, {**POSTGRES, **LOCAL}, {**REDIS, "ip": EVERYWHERE})],
            "another port outside": [container({"internal": 5432, "external": 443, "ip": EVERYWHERE})],
            "another port inside": [container({"internal": 15432, "external": 5432})],
            "chosen by Docker": [container({"internal": 5432})],
            "a text": [container({"internal": "5432"})],
            "a float": [container({"internal": 5432.0})],
        },
        cannot=frozenset({"wrong case"}),
        unknown={
            "ports": [of(CONTAINER, ports=UNKNOWN)],
            "a port": [container(UNKNOWN)],
            "a number": [container({"internal": UNKNOWN, "external": 443})],
            "the address": [container({**POSTGRES, "ip": UNKNOWN})],
        },
        canary=[container({**POSTGRES, "ip": CANARY})],
        breaks=put("database-server", "ports", 0, "ip", value=EVERYWHERE),
    ),
    "services-publish-no-database": Cases(
        good={
            "another port": [service({"targetPort": 3000, "publishMode": "host"})],
            "none": [service(), of(SERVICE), of(SERVICE, endpointSpec={"mode": "dnsrr"})],
        },
        bad={
            "missing": [service({"targetPort": 5432})],
            "mixed list": [service({"targetPort": 80}, {"targetPort": 3000, "publishedPort": 6379})],
            "in host mode": [service({"targetPort": 5432, "publishMode": "host"})],
            "a text": [service({"targetPort": "6379"})],
        },
        cannot=frozenset({"empty", "ipv6", "wrong case"}),
        unknown={
            "the endpoint": [of(SERVICE, endpointSpec=UNKNOWN)],
            "ports": [of(SERVICE, endpointSpec={"ports": UNKNOWN})],
            "a number": [service({"targetPort": UNKNOWN})],
        },
        canary=[service({"targetPort": 5432, "name": CANARY})],
        breaks=put(
            "application-backend",
            *("endpointSpec", "ports"),
            value=[{"targetPort": 5432, "publishedPort": 5432, "publishMode": "host"}],
        ),
    ),
    "published-ports-written-out": Cases(
        good={"left out": [container()], "false": [container(publishAllPorts=False)]},
        bad={"all": [container(publishAllPorts=True)], "wrong case": [container(publishAllPorts="True")]},
        cannot=frozenset({"missing", "empty", "ipv6", "mixed list"}),
        unknown={"whether": [container(publishAllPorts=UNKNOWN)]},
        canary=[container(publishAllPorts=True, envs=[CANARY])],
        breaks=put("load-balancer-server", "publishAllPorts", value=True),
    ),
    "one-door-to-the-world": Cases(
        good={
            "one of two": [container(HTTPS, name="door"), container({**POSTGRES, **LOCAL}, name="inside")],
            "over IPv6 too": [container(HTTPS, {**HTTPS, "ip": "::"})],
            "beside what is no container": [
                container(HTTPS),
                of("a:b:C", "c", ports=[HTTPS], endpointSpec={"ports": 1}),
            ],
            "a service": [service({"targetPort": 8443, "publishedPort": 443, "publishMode": "host"})],
            "beside a database, which another rule judges": [container(HTTPS), container(POSTGRES, name="server")],
            "beside ingress, which another rule judges": [container(HTTPS), service({"targetPort": 80}, name="in")],
        },
        bad={
            "two": [container(HTTPS, name="door"), container(HTTPS, name="other")],
            "missing": [container({"internal": 8080, "external": 8080})],
            "empty": [container({"internal": 8080, "external": 8080, "ip": ""})],
            "ipv6": [container({"internal": 8080, "external": 8080, "ip": "::"})],
            "ipv4 in ipv6": [container({"internal": 8080, "external": 8080, "ip": "::ffff:0.0.0.0"})],
            "mixed list": [container(HTTPS, {"internal": 9090, "external": 9090, "ip": EVERYWHERE})],
            "another port outside": [container({"internal": 443, "external": 8443})],
            "chosen by Docker": [container({"internal": 443})],
            "a service beside it": [
                container(HTTPS, name="door"),
                service({"targetPort": 80, "publishedPort": 80, "publishMode": "host"}, name="second"),
            ],
            "two ports of a service": [
                service(*({"targetPort": 80, "publishedPort": port, "publishMode": "host"} for port in (80, 81)))
            ],
            "a service at another port": [service({"targetPort": 80, "publishedPort": 81, "publishMode": "host"})],
        },
        cannot=frozenset({"wrong case"}),
        unknown={
            "ports": [of(CONTAINER, ports=UNKNOWN)],
            "the address": [container({**HTTPS, "ip": UNKNOWN})],
            "the number": [container({"internal": 80, "external": UNKNOWN})],
            "another's ports": [container(HTTPS), of(CONTAINER, "other", ports=UNKNOWN)],
            "the mode": [service({"targetPort": 80, "publishMode": UNKNOWN})],
        },
        canary=[container({"internal": 8080, "external": 8080, "ip": CANARY})],
        breaks=put("load-balancer-server", "ports", 0, "external", value=8080),
    ),
    "services-publish-in-host-mode": Cases(
        good={
            "by the host": [service({"targetPort": 80, "publishMode": "host"})],
            "not at all": [service(), of(SERVICE)],
        },
        bad={
            "missing": [service({"targetPort": 80})],
            "empty": [service({"targetPort": 80, "publishMode": ""})],
            "ingress": [service({"targetPort": 80, "publishMode": "ingress"})],
            "wrong case": [service({"targetPort": 80, "publishMode": "Host"})],
            "mixed list": [service({"targetPort": 80, "publishMode": "host"}, {"targetPort": 443})],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "ports": [of(SERVICE, endpointSpec={"ports": UNKNOWN})],
            "the mode": [service({"targetPort": 80, "publishMode": UNKNOWN})],
        },
        canary=[service({"targetPort": 80, "publishMode": CANARY})],
        breaks=put("application-frontend", "endpointSpec", "ports", value=[{"targetPort": 80, "publishedPort": 8080}]),
    ),
    "networks-of-their-own": Cases(
        good={
            "a network of the stack, still to be made": [joined(container(), "data"), joined(service(), "data")],
            "a network by its name": [of(CONTAINER, networksAdvanced=[{"name": "data"}])],
            "by the mode": [of(CONTAINER, networkMode="data")],
            "none at all": [of(CONTAINER, networkMode="none")],
            "the bridge that the provider leaves again": [joined(of(CONTAINER, networkMode="bridge"), "data")],
        },
        bad={
            "missing": [of(CONTAINER)],
            "missing of a service": [of(SERVICE, taskSpec={})],
            "empty": [of(CONTAINER, networksAdvanced=[], networkMode="")],
            "empty of a service": [joined(service())],
            "the host's": [joined(of(CONTAINER, networkMode="host"), "data")],
            "the host's, by its name": [of(CONTAINER, networksAdvanced=[{"name": "host"}])],
            "the host's of a service": [service(networksAdvanceds=[{"id": "host"}])],
            "the bridge": [of(CONTAINER, networkMode="bridge")],
            "the bridge by its name": [of(CONTAINER, networksAdvanced=[{"name": "bridge"}])],
            "the bridge of a service": [service(networksAdvanceds=[{"id": UNKNOWN, "name": "bridge"}])],
            "the bridge of a service, beside an id": [service(networksAdvanceds=[{"id": "a", "name": "bridge"}])],
            "the bridge in another case": [of(CONTAINER, networksAdvanced=[{"name": "Bridge"}])],
            "Docker's own name of it": [of(CONTAINER, networkMode="default")],
            "wrong case": [joined(of(CONTAINER, networkMode="Host"), "data")],
            "another's": [joined(of(CONTAINER, networkMode="container:nginx"), "data")],
            "mixed list": [of(CONTAINER, networksAdvanced=[{"name": "data"}, {"name": "bridge"}])],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "the mode": [of(CONTAINER, networkMode=UNKNOWN, networksAdvanced=[{"name": "data"}])],
            "networks": [of(CONTAINER, networksAdvanced=UNKNOWN)],
            "a service's networks": [service(networksAdvanceds=UNKNOWN)],
        },
        canary=[of(CONTAINER, networkMode=f"container:{CANARY}")],
        breaks=put("load-balancer-server", "networkMode", value="host"),
    ),
    "overlay-traffic-encrypted": Cases(
        good={
            "as Docker's option is written": [of(NETWORK, driver="overlay", options={"encrypted": ""})],
            "true": [of(NETWORK, driver="overlay", options={"encrypted": "true"})],
            "beside what never leaves the host": [
                of(NETWORK, driver="overlay", options={"encrypted": ""}),
                of(NETWORK, "bridge", driver="bridge"),
                of("docker:index/volume:Volume", "volume", driver="overlay"),
            ],
        },
        bad={
            "missing": [of(NETWORK, driver="overlay")],
            "empty": [of(NETWORK, driver="overlay", options={})],
            "wrong case": [of(NETWORK, driver="Overlay", options={"Encrypted": ""})],
            "false": [of(NETWORK, driver="overlay", options={"encrypted": "false"})],
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={
            "the driver": [of(NETWORK, driver=UNKNOWN, options=UNKNOWN)],
            "the option": [of(NETWORK, driver="overlay", options={"encrypted": UNKNOWN})],
        },
        canary=[of(NETWORK, driver="overlay", options={"encrypted": CANARY})],
        breaks=one_more(of(NETWORK, "network-third", driver="overlay", attachable=True)),
    ),
    "databases-apart-from-the-door": Cases(
        good={
            "the backend between them": both(
                backend("front", "data"), joined(container(HTTPS, name="door"), "front"), joined(service(), "front")
            ),
            "a DSN, the alias and a secret by its name": [
                of(NETWORK, "data"),
                of(CONTAINER, "server", image="redis", networksAdvanced=[{"name": "data", "aliases": ["Cache"]}]),
                called(secret("host=CACHE password=p", "dsn"), "dsn"),
                service(
                    networksAdvanceds=[{"name": "data"}],
                    containerSpec={"secrets": [{"secretName": name} for name in ("other", "dsn")]},
                    name="back",
                ),
            ],
            "one that publishes, which another rule judges": [
                of(NETWORK, "data"),
                joined(container(HTTPS, name="server", image="postgres"), "data"),
                secret("//u:p@thing/a"),
            ],
            "a backend that publishes, which another rule judges": both(
                backend("data", ports=[{"targetPort": 80, "publishMode": "host"}])
            ),
            "two databases, and a job that nobody reaches": both(
                database("data", name="two"), joined(container(), "data")
            ),
        },
        bad={
            "a secret that it does not take as a file": both(
                Declaration(
                    SERVICE,
                    "front",
                    {"taskSpec": {"networksAdvanceds": [{"name": "data"}]}},
                    refers={"taskSpec": frozenset({"urn::data", "urn::url"})},
                )
            ),
            "secrets that others take": both(
                called(secret("@postgres:5432", "named"), "named"),
                backend("data", knows=None, takes=[{"secretName": "x"}, {}]),
            ),
            "the door": both(joined(container(HTTPS, name="door"), "data")),
            "ipv6": both(joined(container({**HTTPS, "ip": "::"}, name="door"), "data")),
            "empty": both(joined(container({**HTTPS, "ip": ""}, name="door"), "data")),
            "missing": both(backend("data", knows=None)),
            "mixed list": both(joined(container(HTTPS, name="door"), "front", "data")),
            "a service on both": both(backend("front", "data", knows=None)),
            "a secret of another server": both(
                secret("https://u:p@postgres.example.com", "far"), backend("data", knows="far")
            ),
            "a secret that is no URL": both(secret("postgres", "word"), backend("data", knows="word")),
            "a database by its port": [
                of(NETWORK, "data"),
                joined(container({**POSTGRES, **LOCAL}, name="server", image="acme/store"), "data"),
                joined(service(name="front"), "data"),
            ],
            "by the name of the network": by_name("inner"),
            "networks of another stack": [
                of(CONTAINER, "server", image="postgres", networksAdvanced=[{"name": "data"}]),
                of(SERVICE, "front", taskSpec={"networksAdvanceds": [{"name": "data"}]}),
            ],
            "by the mode": [
                of(CONTAINER, "server", image="postgres", networkMode="data"),
                of(SERVICE, "front", taskSpec={"networksAdvanceds": [{"name": "data"}]}),
            ],
        },
        cannot=frozenset({"wrong case"}),
        unknown={
            "a network of nobody's": [
                of(NETWORK, "data"),
                of(CONTAINER, "server", image="postgres", networksAdvanced=[{"name": UNKNOWN}]),
            ],
            "one more than it refers to": both(
                Declaration(
                    SERVICE,
                    "front",
                    {"taskSpec": {"networksAdvanceds": [{"id": UNKNOWN}, {"id": UNKNOWN}]}},
                    refers={"taskSpec": frozenset({"urn::front"})},
                )
            ),
            "the secret": [
                *both()[:3],
                of(SECRET, "url", data=UNKNOWN),
                backend("data"),
            ],
            "another's ports": both(joined(of(CONTAINER, "door", ports=UNKNOWN), "data")),
        },
        canary=both(secret(CANARY, "word"), of(SECRET, "shown", data=CANARY), backend("data", knows="word")),
        breaks=frontend_beside_the_data,
    ),
}
