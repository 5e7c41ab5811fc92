"""Rules for whom nginx believes, and to whom it hands requests on."""

from __future__ import annotations

import re
from ipaddress import IPv6Network, ip_address, ip_network

from pulumi_policy import EnforcementLevel, Severity

from policies.frameworks import gixy, nginx_docs, owasp_asvs
from policies.nginx import DOCS, Directive, Faults, configures, constants, judging, proxying, servers, variables
from policies.rule import Limit, Limits, ResourceRule, StackRule

# What the application is told of the visitor, by nginx alone.
_IDENTITY = {
    "Host": "$host",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
}
_LOCAL_NETWORKS = [
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]
_MAPPED = IPv6Network("::ffff:0:0/96")
_PASSES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")


def _identity(tree: Directive, _: Limits) -> Faults:
    for block in proxying(tree):
        told: dict[str, list[str]] = {}
        for each in block.holding("proxy_set_header"):
            told.setdefault(each.first, []).append(" ".join(each.args[1:]))
        for header, value in _IDENTITY.items():
            if told.get(header.lower()) != [value]:
                yield block, f"{header} is not handed on as {value}, once"


def _real_ip_networks(tree: Directive, limits: Limits) -> Faults:
    for each in tree.all("set_real_ip_from"):
        if each.first == "unix:":
            continue
        try:
            network = ip_network(each.first, strict=False)
        except ValueError:
            yield each, "set_real_ip_from names no network"
            continue
        bits, widest = network.prefixlen, int(limits[f"widest_ipv{network.version}"])
        if isinstance(network, IPv6Network) and network.overlaps(_MAPPED):
            bits, widest = bits - _MAPPED.prefixlen, int(limits["widest_ipv4"])
        if bits < widest:
            yield each, f"set_real_ip_from believes a network wider than /{widest}"


def _real_ip_header(tree: Directive, limits: Limits) -> Faults:
    allowed = {str(each).lower() for each in limits["headers"]}
    blocks = {id(each.parent): each for each in tree.all("set_real_ip_from", "real_ip_header")}
    for each in blocks.values():
        believes = each.around.holding("set_real_ip_from") and not each.within("stream")
        if believes and each.around.flag("real_ip_header") not in allowed:
            yield each, "real_ip_header is missing, or one that visitors can send too"


def _host(passed: str) -> str:
    """Return the part of a proxy_pass that says to whom it leads."""
    target = re.sub(r"\$(request_uri\b|\{request_uri\}).*", "/", passed)  # a request's own URI begins with a slash
    return re.sub(r"^((?:[^/]*://)?[^/?]*).*", r"\1", target)


def _chosen_upstream(tree: Directive, _: Limits) -> Faults:
    ours = constants(tree)
    for each in tree.all(*_PASSES):
        if variables(_host(each.first)) - ours:
            yield each, f"the request chooses to whom {each.name} leads"


def _parameters(server: Directive) -> dict[str, str]:
    """Return the parameters of an upstream's server by name."""
    return {name: value for name, _, value in (each.partition("=") for each in server.args[1:])}


def _is_none(value: str) -> bool:
    """Return whether a number, a size or a time is missing or 0."""
    return re.fullmatch("0*[a-zA-Z]*", value) is not None


def _failures(tree: Directive, _: Limits) -> Faults:
    for upstream in tree.all("upstream"):
        if not upstream.own("server"):
            yield upstream, "the upstream has no server"
        for server in upstream.own("server"):
            given = _parameters(server)
            for name in ("max_fails", "fail_timeout"):
                if _is_none(given.get(name, "")):
                    yield server, f"{name} is missing or 0"


def _resolving(tree: Directive, _: Limits) -> Faults:
    for upstream in tree.all("upstream"):
        if any("resolve" in each.args for each in upstream.own("server")):
            if not upstream.own("zone"):
                yield upstream, "a server has `resolve` and the upstream has no zone"
            if not upstream.holding("resolver"):
                yield upstream, "a server has `resolve` and no resolver holds for the upstream"


def _keepalive(tree: Directive, _: Limits) -> Faults:
    upstreams = {each.first: each for each in tree.all("upstream") if not each.within("stream")}
    for upstream in upstreams.values():
        if _is_none("".join(each.first for each in upstream.own("keepalive"))):
            yield upstream, "keepalive is missing or 0"
    for block in proxying(tree):
        if _host(block.own("proxy_pass")[0].first).rpartition("://")[2] not in upstreams:
            continue
        if block.value("proxy_http_version") not in {"1.1", "2"}:
            yield block, "proxy_http_version is not 1.1, so that each request opens a connection"
        told = {each.first: " ".join(each.args[1:]) for each in block.holding("proxy_set_header")}
        # A block that lost all inherited headers is the matter of another rule; a WebSocket keeps its own connection.
        if told.get("connection") != "" and ("host" in told or not told) and "upgrade" not in told:
            yield block, "the header Connection is not emptied, so that each request closes its connection"


def _resolver(tree: Directive, _: Limits) -> Faults:
    for each in tree.all("resolver"):
        addresses = [arg for arg in each.args if "=" not in arg]
        if not addresses:
            yield each, "resolver has no address"
        for index, given in enumerate(addresses):
            try:
                bare = re.sub(r"^\[(.*)](:\d+)?$|^([^:]*):\d+$", r"\1\3", given)
                found = ip_address(bare)
            except ValueError:
                yield each, f"resolver[{index}] is no address"
                continue
            found = getattr(found, "ipv4_mapped", None) or found
            if not any(found in network for network in _LOCAL_NETWORKS):
                yield each, f"resolver[{index}] is neither of this machine nor of a private network"


def _cache(tree: Directive, _: Limits) -> Faults:
    for block in proxying(tree):
        if block.flag("proxy_cache") in {"", "off"}:
            continue
        for name in ("proxy_cache_bypass", "proxy_no_cache"):
            for personal in ("$http_authorization", "$http_cookie"):
                if personal not in block.flag(name).split():
                    yield block, f"{name} is without {personal}"
        if not {"scheme", "host"} <= variables(block.value("proxy_cache_key")):
            yield block, "proxy_cache_key is without $scheme or $host"


def _request_limits(tree: Directive, _: Limits) -> Faults:
    for server in servers(tree, "http"):
        if _is_none(server.value("client_max_body_size")):
            yield server, "client_max_body_size is missing or 0"
    for block in proxying(tree):
        for name in ("proxy_connect_timeout", "proxy_read_timeout"):
            if _is_none(block.value(name)):
                yield block, f"{name} is missing or 0"


RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="nginx-proxied-identity",
        sentence="The application is told by nginx alone who asks, for which name and by which scheme.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            reference="4.1.3",
            specification="A header field set by an intermediary layer cannot be overridden by the end-user",
        ),
        url=f"{DOCS}/ngx_http_proxy_module.html#proxy_set_header",
        mend=(
            "Write `proxy_set_header Host $host;`, `proxy_set_header X-Real-IP $remote_addr;`, `proxy_set_header "
            "X-Forwarded-For $remote_addr;` and `proxy_set_header X-Forwarded-Proto $scheme;` into nginx's http block; "
            "a block with a proxy_set_header of its own has to repeat them all."
        ),
        judges=configures,
        check=judging(_identity),
    ),
    ResourceRule(
        # /8 is the widest private network (10.0.0.0/8) and the widest that one owner has; in IPv6 that is a /16.
        id="nginx-real-ip-networks",
        sentence="Only proxies, and not half the internet, are believed when they say for whom they ask.",
        severity=Severity.HIGH,
        framework=nginx_docs(
            reference="ngx_http_realip_module: set_real_ip_from",
            specification="Defines trusted addresses that are known to send correct replacement addresses",
        ),
        url=f"{DOCS}/ngx_http_realip_module.html#set_real_ip_from",
        mend="Write `set_real_ip_from` once for each network of your proxies, as they publish them, and none wider.",
        limits={
            "widest_ipv4": Limit(8, "The shortest prefix of an IPv4 network that is believed."),
            "widest_ipv6": Limit(16, "The shortest prefix of an IPv6 network that is believed."),
        },
        judges=configures,
        check=judging(_real_ip_networks),
    ),
    ResourceRule(
        # X-Forwarded-For is a list that visitors begin, and real_ip_recursive reads it up to the first address that is
        # not a proxy's: a proxy's customer on its network chooses that one.
        id="nginx-real-ip-header",
        sentence="The visitor's address is read from a header that the proxy always sets itself.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            reference="4.1.3",
            specification="A header field set by an intermediary layer cannot be overridden by the end-user",
        ),
        url="https://developers.cloudflare.com/support/troubleshooting/restoring-visitor-ips/restoring-original-visitor-ips/",
        mend=(
            "Write `real_ip_header CF-Connecting-IP;` beside set_real_ip_from (another header that your proxy always "
            "sets: the limit headers of this rule)."
        ),
        limits={
            "headers": Limit(("CF-Connecting-IP", "proxy_protocol"), "What a proxy sets, whatever the visitor sent.")
        },
        judges=configures,
        check=judging(_real_ip_header),
    ),
    ResourceRule(
        id="nginx-upstream-not-chosen-by-request",
        sentence="No request chooses to whom nginx hands it on.",
        severity=Severity.CRITICAL,
        framework=gixy(reference="ssrf", specification="Server Side Request Forgery"),
        url="https://github.com/yandex/gixy/blob/master/docs/en/plugins/ssrf.md",
        mend=(
            "Name an upstream in proxy_pass (`proxy_pass http://backend;`), or a variable to which only `set` and "
            "`map` assign, fixed names only."
        ),
        judges=configures,
        check=judging(_chosen_upstream),
    ),
    ResourceRule(
        id="nginx-upstream-failures",
        sentence="A server of an upstream that fails is left out for a while, and it is written how soon and how long.",
        severity=Severity.LOW,
        framework=nginx_docs(
            reference="ngx_http_upstream_module: server", specification="max_fails=number, fail_timeout=time"
        ),
        url=f"{DOCS}/ngx_http_upstream_module.html#max_fails",
        mend="Write `max_fails=3 fail_timeout=30s` behind each server of an upstream; max_fails=0 switches it off.",
        judges=configures,
        check=judging(_failures),
    ),
    ResourceRule(
        id="nginx-upstream-resolves",
        sentence="Where an upstream follows a name's changing addresses, all workers share them and know whom to ask.",
        severity=Severity.LOW,
        framework=nginx_docs(
            reference="ngx_http_upstream_module: resolve",
            specification="The resolver directive must be specified, and the group must reside in the shared memory",
        ),
        url=f"{DOCS}/ngx_http_upstream_module.html#resolve",
        mend="Write `zone NAME 128k;` into the upstream and a `resolver` into it or into nginx's http block.",
        judges=configures,
        check=judging(_resolving),
    ),
    ResourceRule(
        id="nginx-upstream-keepalive",
        sentence="Connections to upstreams are kept for the next request.",
        severity=Severity.LOW,
        framework=nginx_docs(
            reference="ngx_http_upstream_module: keepalive",
            specification="proxy_http_version should be 1.1 and the Connection header field should be cleared",
        ),
        url=f"{DOCS}/ngx_http_upstream_module.html#keepalive",
        mend=(
            "Write `keepalive 64;` into the upstream, behind its balancing method, and `proxy_http_version 1.1;` and "
            '`proxy_set_header Connection "";` into nginx\'s http block.'
        ),
        judges=configures,
        check=judging(_keepalive),
    ),
    ResourceRule(
        id="nginx-resolver-local",
        sentence="Names are resolved on the own machine or network, where no stranger can forge the answers.",
        severity=Severity.MEDIUM,
        framework=nginx_docs(
            reference="ngx_http_core_module: resolver",
            specification="Configure DNS servers in a properly secured trusted local network",
        ),
        url=f"{DOCS}/ngx_http_core_module.html#resolver",
        mend="Write the address of a local resolver, such as `resolver 127.0.0.11;` for Docker's own.",
        judges=configures,
        check=judging(_resolver),
    ),
    ResourceRule(
        id="nginx-cache-impersonal",
        sentence="What nginx keeps for others was not answered to one visitor alone, nor for another name or scheme.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            reference="14.2.2", specification="Prevent sensitive data from being cached in server components"
        ),
        url=f"{DOCS}/ngx_http_proxy_module.html#proxy_no_cache",
        mend=(
            "Beside proxy_cache write `proxy_cache_bypass $http_authorization $http_cookie;`, `proxy_no_cache "
            "$http_authorization $http_cookie;` and `proxy_cache_key $scheme$host$request_uri;`."
        ),
        judges=configures,
        check=judging(_cache),
    ),
    ResourceRule(
        id="nginx-request-limits",
        sentence="Bodies have a greatest size, and upstreams a time within which they have to answer.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=owasp_asvs(
            reference="13.2.6", specification="Connection timeouts and retry strategies follow the documentation"
        ),
        url=f"{DOCS}/ngx_http_core_module.html#client_max_body_size",
        mend=(
            "Write `client_max_body_size 10m;`, `proxy_connect_timeout 1s;` and `proxy_read_timeout 60s;` into nginx's "
            "http block, with the numbers of your application and never 0."
        ),
        judges=configures,
        check=judging(_request_limits),
    ),
]
