"""nginx's configurations: which resources hold one, and what nginx makes of it.

A file that an `include` names is on another machine and is not judged: what a rule demands stands in the text itself.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import crossplane  # type: ignore[import-untyped]  # brings no types
from pulumi_policy.proxy import UnknownValueError

from policies.addresses import is_loopback, parsed
from policies.docker import CONFIG, CONTAINER
from policies.rule import Limits, Resource, ResourceRule, read
from policies.shell import COMMANDS, inputs

DOCS = "https://nginx.org/en/docs/http"
_PINNED_IMAGE = re.compile(r"\S+@sha256:[0-9a-f]{64}")
_ENCODED = ("data", "contentBase64")

# A configuration, or a part of one that nginx would include: what only nginx says, where a directive begins.
_NGINX = re.compile(
    r"""(?:^|[;{}])\s*["']?
    (?:(?:http|server|stream)["']?(?:\s|\#.*\n)*\{ | (?:upstream|location)["']?\s[^;{}]*\{
      | (?:ssl_protocols|proxy_pass|add_header)["']?\s+[^=\s])""",
    re.MULTILINE | re.VERBOSE,
)

# What stands in them are values, not directives.
_TABLES = frozenset({"map", "geo", "split_clients", "types", "charset_map"})

_MODULES = ("http", "stream", "mail")
_PORTS = re.compile(r"\d{1,5}(-\d{1,5})?")

Path = tuple[str | int, ...]


class Directive:
    """A directive, with the block that it opens, if any, and the one that it stands in."""

    def __init__(self, parsed: Mapping[str, Any], parent: Directive | None = None) -> None:
        self.name: str = parsed["directive"]
        self.args: tuple[str, ...] = tuple(parsed["args"])
        self.line: int = parsed["line"]
        self.parent = parent
        self.is_block = "block" in parsed
        self.below = tuple(Directive(entry, self) for entry in parsed.get("block", ()))
        below = () if self.name in _TABLES else self.below
        self._executed = (self, *(directive for child in below for directive in child.walk()))

    @property
    def first(self) -> str:
        """The first argument in small letters: the name of a header, or a word of nginx's own."""
        return self.args[0].lower() if self.args else ""

    @property
    def around(self) -> Directive:
        """The block that it stands in; the whole configuration stands in itself."""
        return self.parent or self

    def own(self, *names: str) -> list[Directive]:
        """Return the directives of these names that stand in this very block."""
        return [directive for directive in self.below if directive.name in names]

    def above(self) -> Iterator[Directive]:
        """Yield this block and those around it, the innermost first."""
        block: Directive | None = self
        while block is not None:
            yield block
            block = block.parent

    def holding(self, name: str) -> list[Directive]:
        """Return the directives of a name that hold in this block: its own, or else those of the nearest block above.

        So nginx inherits one value, and a whole list such as that of add_header.
        """
        return next((directives for block in self.above() if (directives := block.own(name))), [])

    def value(self, name: str) -> str:
        """Return the value that holds in this block, empty where none is set."""
        return next((" ".join(directive.args) for directive in self.holding(name)), "")

    def flag(self, name: str) -> str:
        """Return a word of nginx's own that holds in this block, the case of which nginx ignores."""
        return self.value(name).lower()

    def within(self, *names: str) -> bool:
        """Return whether it stands in a block of such a name."""
        return any(block.name in names for block in self.above())

    def walk(self) -> tuple[Directive, ...]:
        """Return this and everything below that nginx executes; dozens of rules ask for it."""
        return self._executed

    def all(self, *names: str) -> list[Directive]:
        """Return the directives of these names, wherever they stand."""
        return [directive for directive in self.walk() if directive.name in names]


class Socket(NamedTuple):
    """Where a server listens; several servers share one."""

    module: str
    address: str
    port: int
    quic: bool

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.address == "localhost" or self.address.startswith("unix:") or is_loopback(self.address)


Faults = Iterator[tuple[Directive, str]]
Check = Callable[[Directive, Limits], Faults]


def configures(resource: Resource) -> bool:
    """Return whether a resource holds a configuration of nginx."""
    return any(True for _ in configurations(resource))


def judging(check: Check) -> Callable[[Resource, Limits], Iterator[str]]:
    """Return the check of a resource that applies `check` to each configuration in it which can be parsed."""

    def check_resource(resource: Resource, limits: Limits) -> Iterator[str]:
        for where, text in configurations(resource):
            tree, _ = parse(text)
            if tree is not None:  # else the rule nginx-configuration-readable reports it
                for directive, fault in check(tree, limits):
                    yield f"{where}, line {directive.line}: {fault}"

    return check_resource


def only_off(name: str, fault: str) -> Check:
    """Return the check that a directive, wherever it stands, is `off`."""
    return lambda tree, _: ((directive, fault) for directive in tree.all(name) if directive.first != "off")


nginx_rule = partial(ResourceRule, judges=configures)


def configurations(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield each configuration in a resource, with its place; UnknownValueError where nobody knows one yet."""
    for path in _places(resource):
        try:
            text = read(resource.inputs, *path)
        except UnknownValueError:
            if _is_for_nginx(resource, path):
                raise
            continue
        if text is None:
            continue
        if path[-1] in _ENCODED:
            text = base64.b64decode(text.replace("-", "+").replace("_", "/")).decode(errors="replace")
        for configuration in inputs(resource) if path == ("stdin",) else [text]:
            if _NGINX.search(configuration) or (configuration.strip() and _goes_to_nginx(resource, path)):
                where = str(path[0]) if len(path) == 1 else f"{path[0]}[{path[1]}].{path[2]}"
                yield where, configuration


def _places(resource: Resource) -> Iterator[Path]:
    if resource.type in COMMANDS:
        yield ("stdin",)
    elif resource.type == CONFIG:
        yield from (("dataRaw",), ("data",))
    elif resource.type == CONTAINER:
        for index in range(len(read(resource.inputs, "uploads") or ())):
            yield from (("uploads", index, "content"), ("uploads", index, "contentBase64"))


def _is_for_nginx(resource: Resource, path: Path) -> bool:
    """Return whether the inputs beside a text, or the resource's name, say that nginx reads it."""
    beside: dict[str, list[Path]] = {
        "stdin": [("create",), ("update",)],
        "uploads": [("image",), (*path[:-1], "file")],
    }
    names = [resource.name, *(read(resource.inputs, *other) for other in beside.get(str(path[0]), [("name",)]))]
    # An image that is only pulled says nothing of who reads the text: it may be a registry's token.
    return any("nginx" in _PINNED_IMAGE.sub("", str(name)).lower() for name in names)


def _goes_to_nginx(resource: Resource, path: Path) -> bool:
    """Return the same of a text that has none of nginx's words; False where those inputs are unknown."""
    try:
        return _is_for_nginx(resource, path)
    except UnknownValueError:
        return False


@lru_cache(maxsize=64)
def parse(text: str) -> tuple[Directive | None, int]:
    """Return the whole configuration as one block; or None, and the line at which it cannot be read."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        # single: an include would read files of this machine. No check of arguments: those of newer directives are
        # not known to crossplane, and nginx itself refuses what it does not know.
        result = crossplane.parse(file.name, single=True, check_ctx=False, check_args=False)
        if result["status"] != "ok":
            return None, next((error["line"] for error in result["errors"] if error["line"]), 1)
        if unfinished := _unfinished(file.name):
            return None, unfinished
    return Directive({"directive": "", "args": [], "line": 1, "block": result["config"][0]["parsed"]}), 0


def _unfinished(file: str) -> int:
    """Return the line of the first block that ends within a directive, which crossplane lets pass; 0 for none."""
    before = ";"
    for word, line, quoted in crossplane.lex(file):
        if word.startswith("#") and not quoted:
            continue
        if word == "}" and not quoted and before not in {";", "{", "}"}:
            return int(line)
        before = "" if quoted else word
    return 0


def servers(tree: Directive, *modules: str) -> list[Directive]:
    """Return the servers of these modules: http (a part of a configuration is taken for it), stream, mail."""
    return [server for server in tree.all("server") if server.is_block and _module(server) in modules]


def _module(block: Directive) -> str:
    return next((outer.name for outer in block.above() if outer.name in {"stream", "mail"}), "http")


def sockets(server: Directive) -> dict[Socket, Directive]:
    """Return where a server listens, with the directive that says so: the server itself where none does."""
    module = _module(server)
    listening = {socket: listen for listen in server.own("listen") for socket in _sockets(module, listen)}
    return listening or {Socket(module, "*", 80, quic=False): server}


def _sockets(module: str, listen: Directive) -> Iterator[Socket]:
    where = listen.first
    if _PORTS.fullmatch(where):
        address, ports = "*", where
    else:
        address, _, ports = where.rpartition(":") if _PORTS.fullmatch(where.rpartition(":")[2]) else (where, "", "")
    first, _, last = (ports or "80").partition("-")
    for port in range(int(first), int(last or first) + 1):
        yield Socket(module, _address(address), port, "quic" in listen.args)


def _address(text: str) -> str:
    """Return an address in one form: `*` for 0.0.0.0, and IPv6 without brackets."""
    address = str(parsed(text.strip("[]")) or text)
    return "*" if address == "0.0.0.0" else address  # noqa: S104  compared, not bound


def tls_sockets(tree: Directive) -> set[Socket]:
    """Return the sockets that speak TLS: for all their servers, even if only one of them says so."""
    return {
        socket
        for server in servers(tree, *_MODULES)
        for socket, listen in sockets(server).items()
        if {"ssl", "quic"} & set(listen.args) or server.flag("ssl") == "on"
    }


def tls_servers(tree: Directive, *modules: str) -> list[Directive]:
    """Return the servers that terminate TLS, of these modules or of all."""
    encrypted = tls_sockets(tree)
    return [server for server in servers(tree, *modules or _MODULES) if encrypted & set(sockets(server))]


def answers(server: Directive) -> bool:
    """Return whether a server that terminates TLS ever gets as far as an answer."""
    return server.flag("ssl_reject_handshake") != "on"


def verifies_clients(text: str) -> bool:
    """Return whether every server that terminates TLS and answers demands a client's certificate."""
    tree, _ = parse(text)
    answering = [server for server in tls_servers(tree) if answers(server)] if tree is not None else []
    return bool(answering) and all(
        server.flag("ssl_verify_client") == "on" and bool(server.value("ssl_client_certificate"))
        for server in answering
    )


def proxying(tree: Directive) -> list[Directive]:
    """Return the blocks of http that hand requests on with a proxy_pass of their own."""
    return [block for block in tree.walk() if block.own("proxy_pass") and _module(block) == "http"]


def variables(text: str) -> set[str]:
    """Return the variables in a value, the case of which nginx ignores."""
    return {name.lower() for name in re.findall(r"\$\{?(\w+)", text)}


def constants(tree: Directive) -> set[str]:
    """Return the variables that hold nothing but what the configuration itself says, whatever the request is."""
    constant = {"scheme", "server_name"}
    values = _values(tree)
    while more := {
        name for name in values.keys() - constant if all(variables(value) <= constant for value in values[name])
    }:
        constant |= more
    return constant


def derived(tree: Directive, *names: str) -> set[str]:
    """Return these variables, and those into which the configuration copies one of them."""
    copies = set(names)
    values = _values(tree)
    while more := {name for name in values.keys() - copies if any(variables(value) & copies for value in values[name])}:
        copies |= more
    return copies


def _values(tree: Directive) -> dict[str, list[str]]:
    """Return what may be assigned to each variable; an include within a table may assign anything."""
    assigned: dict[str, list[str]] = {}
    for directive in tree.all("set", "auth_request_set", "map", "geo", "split_clients"):
        if directive.is_block:
            name = directive.args[-1]
            values = ["$include" if entry.name == "include" else " ".join(entry.args) for entry in directive.below]
        else:
            name, *values = directive.args or ("",)
        assigned.setdefault(name.lstrip("$").lower(), []).extend(values)
    return assigned
