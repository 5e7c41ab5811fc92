"""Rules for the proxies that nginx trusts, and for the upstreams that it passes requests to."""

from __future__ import annotations

import re
from ipaddress import IPv6Network, ip_network

from pulumi_policy import EnforcementLevel, Severity

from policies.addresses import PRIVATE_NETWORKS, parsed
from policies.frameworks import gixy, nginx_docs, owasp_asvs
from policies.nginx import DOCS, Directive, Faults, constants, judging, nginx_rule, proxying, servers, variables
from policies.rule import Limit, Limits, ResourceRule, StackRule

# The headers by which nginx alone tells the application who the visitor is.
_IDENTITY = {
    "Host": "$host",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
}
_LOCAL_NETWORKS = [*PRIVATE_NETWORKS, ip_network("169.254.0.0/16"), ip_network("fe80::/10")]  # link-local too
_MAPPED = IPv6Network("::ffff:0:0/96")
_PASSES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")


def _identity(tree: Directive, _: Limits) -> Faults:
    for block in proxying(tree):
        headers: dict[str, list[str]] = {}
        for directive in block.holding("proxy_set_header"):
            headers.setdefault(directive.first, []).append(" ".join(directive.args[1:]))
        for header, value in _IDENTITY.items():
            if headers.get(header.lower()) != [value]:
                yield block, f"{header} is not handed on as {value}, once"


def _real_ip_networks(tree: Directive, limits: Limits) -> Faults:
    for directive in tree.all("set_real_ip_from"):
        if directive.first == "unix:":
            continue
        try:
            network = ip_network(directive.first, strict=False)
        except ValueError:
            yield directive, "set_real_ip_from names no network"
            continue
        bits, widest = network.prefixlen, int(limits[f"widest_ipv{network.version}"])
        if isinstance(network, IPv6Network) and network.overlaps(_MAPPED):
            bits, widest = bits - _MAPPED.prefixlen, int(limits["widest_ipv4"])
        if bits < widest:
            yield directive, f"set_real_ip_from believes a network wider than /{widest}"


def _real_ip_header(tree: Directive, limits: Limits) -> Faults:
    allowed = {str(header).lower() for header in limits["headers"]}
    blocks = {id(directive.parent): directive for directive in tree.all("set_real_ip_from", "real_ip_header")}
    for directive in blocks.values():
        believes = directive.around.holding("set_real_ip_from") and not directive.within("stream")
        if believes and directive.around.flag("real_ip_header") not in allowed:
            yield directive, "real_ip_header is missing, or one that visitors can send too"


def _host(address: str) -> str:
    """Return scheme and host of the address of a proxy_pass."""
    target = re.sub(r"\$(request_uri\b|\{request_uri\}).*", "/", address)  # a request's own URI begins with a slash
    return re.sub(r"^((?:[^/]*://)?[^/?]*).*", r"\1", target)


def _chosen_upstream(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all(*_PASSES):
        if variables(_host(directive.first)) - constants(tree):
            yield directive, f"the request chooses to whom {directive.name} leads"


def _is_none(value: str) -> bool:
    """Return whether a number, a size or a time is missing or 0."""
    return re.fullmatch("0*[a-zA-Z]*", value) is not None


def _failures(tree: Directive, _: Limits) -> Faults:
    for upstream in tree.all("upstream"):
        if not upstream.own("server"):
            yield upstream, "the upstream has no server"
        for server in upstream.own("server"):
            parameters = {name: value for name, _, value in (parameter.partition("=") for parameter in server.args[1:])}
            for name in ("max_fails", "fail_timeout"):
                if _is_none(parameters.get(name, "")):
                    yield server, f"{name} is missing or 0"


def _resolving(tree: Directive, _: Limits) -> Faults:
    for upstream in tree.all("upstream"):
        if any("resolve" in server.args for server in upstream.own("server")):
            if not upstream.own("zone"):
                yield upstream, "a server has `resolve` and the upstream has no zone"
            if not upstream.holding("resolver"):
                yield upstream, "a server has `resolve` and no resolver holds for the upstream"


def _keepalive(tree: Directive, _: Limits) -> Faults:
    upstreams = {upstream.first: upstream for upstream in tree.all("upstream") if not upstream.within("stream")}
    for upstream in upstreams.values():
        if _is_none("".join(directive.first for directive in upstream.own("keepalive"))):
            yield upstream, "keepalive is missing or 0"
    for block in proxying(tree):
        if _host(block.own("proxy_pass")[0].first).rpartition("://")[2] not in upstreams:
            continue
        if block.value("proxy_http_version") not in {"1.1", "2"}:
            yield block, "proxy_http_version is not 1.1, so that each request opens a connection"
        headers = {directive.first: " ".join(directive.args[1:]) for directive in block.holding("proxy_set_header")}
        # A block that lost all inherited headers is the matter of another rule; a WebSocket keeps its own connection.
        if headers.get("connection") != "" and ("host" in headers or not headers) and "upgrade" not in headers:
            yield block, "the header Connection is not emptied, so that each request closes its connection"


def _resolver(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all("resolver"):
        addresses = [arg for arg in directive.args if "=" not in arg]
        if not addresses:
            yield directive, "resolver has no address"
        for index, with_port in enumerate(addresses):
            address = parsed(re.sub(r"^\[(.*)](:\d+)?$|^([^:]*):\d+$", r"\1\3", with_port))
            if address is None:
                yield directive, f"resolver[{index}] is no address"
            elif not any(address in network for network in _LOCAL_NETWORKS):
                yield directive, f"resolver[{index}] is neither of this machine nor of a private network"


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
    nginx_rule(
        id="nginx-proxied-identity",
        sentence="The application is told by nginx alone who asks, for which name and by which scheme.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "4.1.3", "A header field set by an intermediary layer cannot be overridden by the end-user"
        ),
        url=f"{DOCS}/ngx_http_proxy_module.html#proxy_set_header",
        mend=(
            "Write `proxy_set_header Host $host;`, `proxy_set_header X-Real-IP $remote_addr;`, `proxy_set_header "
            "X-Forwarded-For $remote_addr;` and `proxy_set_header X-Forwarded-Proto $scheme;` into nginx's http block; "
            "a block with a proxy_set_header of its own has to repeat them all."
        ),
        check=judging(_identity),
    ),
    nginx_rule(
        # /8 is the widest private network (10.0.0.0/8) and the widest that one owner has; in IPv6 that is a /16.
        id="nginx-real-ip-networks",
        sentence="Only proxies, and not half the internet, are believed when they say for whom they ask.",
        severity=Severity.HIGH,
        framework=nginx_docs(
            "ngx_http_realip_module: set_real_ip_from",
            "Defines trusted addresses that are known to send correct replacement addresses",
        ),
        url=f"{DOCS}/ngx_http_realip_module.html#set_real_ip_from",
        mend="Write `set_real_ip_from` once for each network of your proxies, as they publish them, and none wider.",
        limits={
            "widest_ipv4": Limit(8, "The shortest prefix of an IPv4 network that is believed."),
            "widest_ipv6": Limit(16, "The shortest prefix of an IPv6 network that is believed."),
        },
        check=judging(_real_ip_networks),
    ),
    nginx_rule(
        # X-Forwarded-For is a list that visitors begin, and real_ip_recursive reads it up to the first address that is
        # not a proxy's: a proxy's customer on its network chooses that one.
        id="nginx-real-ip-header",
        sentence="The visitor's address is read from a header that the proxy always sets itself.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "4.1.3", "A header field set by an intermediary layer cannot be overridden by the end-user"
        ),
        url="https://developers.cloudflare.com/support/troubleshooting/restoring-visitor-ips/restoring-original-visitor-ips/",
        mend=(
            "Write `real_ip_header CF-Connecting-IP;` beside set_real_ip_from (another header that your proxy always "
            "sets: the limit headers of this rule)."
        ),
        limits={
            "headers": Limit(("CF-Connecting-IP", "proxy_protocol"), "What a proxy sets, whatever the visitor sent.")
        },
        check=judging(_real_ip_header),
    ),
    nginx_rule(
        id="nginx-upstream-not-chosen-by-request",
        sentence="No request chooses to whom nginx hands it on.",
        severity=Severity.CRITICAL,
        framework=gixy("ssrf", "Server Side Request Forgery"),
        url="https://github.com/yandex/gixy/blob/master/docs/en/plugins/ssrf.md",
        mend=(
            "Name an upstream in proxy_pass (`proxy_pass http://backend;`), or a variable to which only `set` and "
            "`map` assign, fixed names only."
        ),
        check=judging(_chosen_upstream),
    ),
    nginx_rule(
        id="nginx-upstream-failures",
        sentence="A server of an upstream that fails is left out for a while, and it is written how soon and how long.",
        severity=Severity.LOW,
        framework=nginx_docs("ngx_http_upstream_module: server", "max_fails=number, fail_timeout=time"),
        url=f"{DOCS}/ngx_http_upstream_module.html#max_fails",
        mend="Write `max_fails=3 fail_timeout=30s` behind each server of an upstream; max_fails=0 switches it off.",
        check=judging(_failures),
    ),
    nginx_rule(
        id="nginx-upstream-resolves",
        sentence="Where an upstream follows a name's changing addresses, all workers share them and know whom to ask.",
        severity=Severity.LOW,
        framework=nginx_docs(
            "ngx_http_upstream_module: resolve",
            "The resolver directive must be specified, and the group must reside in the shared memory",
        ),
        url=f"{DOCS}/ngx_http_upstream_module.html#resolve",
        mend="Write `zone NAME 128k;` into the upstream and a `resolver` into it or into nginx's http block.",
        check=judging(_resolving),
    ),
    nginx_rule(
        id="nginx-upstream-keepalive",
        sentence="Connections to upstreams are kept for the next request.",
        severity=Severity.LOW,
        framework=nginx_docs(
            "ngx_http_upstream_module: keepalive",
            "proxy_http_version should be 1.1 and the Connection header field should be cleared",
        ),
        url=f"{DOCS}/ngx_http_upstream_module.html#keepalive",
        mend=(
            "Write `keepalive 64;` into the upstream, behind its balancing method, and `proxy_http_version 1.1;` and "
            '`proxy_set_header Connection "";` into nginx\'s http block.'
        ),
        check=judging(_keepalive),
    ),
    nginx_rule(
        id="nginx-resolver-local",
        sentence="Names are resolved on the own machine or network, where no stranger can forge the answers.",
        severity=Severity.MEDIUM,
        framework=nginx_docs(
            "ngx_http_core_module: resolver", "Configure DNS servers in a properly secured trusted local network"
        ),
        url=f"{DOCS}/ngx_http_core_module.html#resolver",
        mend="Write the address of a local resolver, such as `resolver 127.0.0.11;` for Docker's own.",
        check=judging(_resolver),
    ),
    nginx_rule(
        id="nginx-cache-impersonal",
        sentence="What nginx keeps for others was not answered to one visitor alone, nor for another name or scheme.",
        severity=Severity.HIGH,
        framework=owasp_asvs("14.2.2", "Prevent sensitive data from being cached in server components"),
        url=f"{DOCS}/ngx_http_proxy_module.html#proxy_no_cache",
        mend=(
            "Beside proxy_cache write `proxy_cache_bypass $http_authorization $http_cookie;`, `proxy_no_cache "
            "$http_authorization $http_cookie;` and `proxy_cache_key $scheme$host$request_uri;`."
        ),
        check=judging(_cache),
    ),
    nginx_rule(
        id="nginx-request-limits",
        sentence="Bodies have a greatest size, and upstreams a time within which they have to answer.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=owasp_asvs("13.2.6", "Connection timeouts and retry strategies follow the documentation"),
        url=f"{DOCS}/ngx_http_core_module.html#client_max_body_size",
        mend=(
            "Write `client_max_body_size 10m;`, `proxy_connect_timeout 1s;` and `proxy_read_timeout 60s;` into nginx's "
            "http block, with the numbers of your application and never 0."
        ),
        check=judging(_request_limits),
    ),
]
