"""Rules for what nginx answers, to whom, and to whom it hands requests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pulumi_policy import EnforcementLevel, Severity

from policies.frameworks import gixy, owasp_asvs, owasp_headers
from policies.nginx import (
    DOCS,
    Directive,
    Faults,
    answers,
    derived,
    judging,
    nginx_rule,
    only_off,
    proxying,
    servers,
    sockets,
    tls_servers,
    tls_sockets,
    variables,
)
from policies.rule import Limit, Limits, ResourceRule, StackRule

_HSTS = "Strict-Transport-Security"
_CSP = "Content-Security-Policy"
_CONTENT = {
    "X-Frame-Options": "frame_options",
    "X-Content-Type-Options": "content_type_options",
    "Referrer-Policy": "referrer_policy",
    "Permissions-Policy": "permissions_policy",
}
_REDIRECTS = frozenset({"301", "302", "303", "307", "308"})
_REFUSALS = frozenset({"421", "444"})
_ACME = "/.well-known/acme-challenge"
# A source of scripts, forms or frames that is as good as none.
_OPEN = frozenset({"*", "http:", "https:", "ws:", "wss:", "data:", "blob:", "filesystem:"})
_OWN = (["'self'"], ["'none'"])


def _header(tree: Directive, header: str, faults: Callable[[str], Iterator[str]]) -> Faults:
    """Yield what is wrong with a header wherever it is set, and the servers for which nobody sets it.

    What a block loses by an add_header of its own is left to the rule for that.
    """
    for block in tree.walk():
        own = [add_header for add_header in block.own("add_header") if add_header.first == header.lower()]
        for add_header in own[1:]:
            yield add_header, f"{header} is set twice in one block"
        for add_header in own:
            for fault in faults(" ".join(add_header.args[1:2])):
                yield add_header, f"{header} {fault}"
            if add_header.args[2:] != ("always",):
                yield add_header, f"{header} is without `always`, so that errors are answered without it"
    for server in tls_servers(tree, "http"):
        set_here = {add_header.first for block in server.above() for add_header in block.own("add_header")}
        if answers(server) and header.lower() not in set_here:
            yield server, f"{header} is not set for this server"


def _equal(expected: str) -> Callable[[str], Iterator[str]]:
    def faults(value: str) -> Iterator[str]:
        if value != expected:
            yield "has another value than the one that is wanted"

    return faults


def _hsts(tree: Directive, limits: Limits) -> Faults:
    def faults(value: str) -> Iterator[str]:
        age = re.fullmatch(r"max-age=(\d+); includeSubDomains; preload", value)
        if age is None or int(age[1]) < limits["max_age"]:
            yield "has another value than the one that is wanted"

    return _header(tree, _HSTS, faults)


def _content_headers(tree: Directive, limits: Limits) -> Faults:
    for header, limit in _CONTENT.items():
        yield from _header(tree, header, _equal(limits[limit]))


def _directives(policy: str) -> dict[str, list[str]]:
    """Return the directives of a Content-Security-Policy; of two with one name, browsers read the first."""
    directives: dict[str, list[str]] = {}
    for part in policy.lower().split(";"):
        name, *sources = part.split() or ("",)
        directives.setdefault(name, sources)
    return directives


def _content_security_policy(tree: Directive, _: Limits) -> Faults:
    def faults(value: str) -> Iterator[str]:
        directives = _directives(value)
        for name in ("default-src", "base-uri", "frame-ancestors"):
            if directives.get(name) not in _OWN:
                yield f"has a {name} that is neither 'self' nor 'none'"
        if directives.get("object-src") != ["'none'"]:
            yield "has an object-src that is not 'none'"
        if not directives.get("form-action"):
            yield "has no form-action"
        for name, sources in directives.items():
            if "'unsafe-eval'" in sources:
                yield "allows 'unsafe-eval'"
            if name.startswith(("script-src", "worker-src", "form-action")) and _OPEN & set(sources):
                yield "takes scripts from everywhere, or sends forms there"

    yield from _header(tree, _CSP, faults)


def _inline_scripts(tree: Directive, _: Limits) -> Faults:
    for add_header in tree.all("add_header"):
        if add_header.first == _CSP.lower():
            for name, sources in _directives(" ".join(add_header.args[1:])).items():
                if name.startswith("script-src") and "'unsafe-inline'" in sources:
                    yield add_header, f"{_CSP} allows 'unsafe-inline' scripts"


def _sent(block: Directive) -> set[str]:
    """Return the names of the headers that nginx adds to what this block answers."""
    own = {add_header.first for add_header in block.own("add_header")}
    inherits = block.flag("add_header_inherit")
    if inherits == "off" or block.parent is None or (own and inherits != "merge"):
        return own
    return own | _sent(block.parent)


def _inherited_headers(tree: Directive, _: Limits) -> Faults:
    for block in tree.walk():
        changes = block.own("add_header", "add_header_inherit")
        lost = len(_sent(block.around) - _sent(block))
        if lost:
            yield changes[0], f"takes {lost} of the headers away that the blocks above set"


def _version(tree: Directive, _: Limits) -> Faults:
    for server in servers(tree, "http"):
        if server.flag("server_tokens") != "off":
            yield server, "server_tokens is not off for this server"


def _hidden_headers(tree: Directive, _: Limits) -> Faults:
    for block in proxying(tree):
        hidden = {directive.first for directive in block.holding("proxy_hide_header")}
        added = {add_header.first for above in block.above() for add_header in above.own("add_header")}
        for header in (_HSTS, _CSP, *_CONTENT):
            if header.lower() in added - hidden:
                yield block, f"the upstream's {header} stands beside nginx's own"
        if "x-powered-by" not in hidden:
            yield block, "the upstream's X-Powered-By is not hidden"


def _is_default(listen: Directive) -> bool:
    return "default_server" in listen.args


def _answers_well(answer: Directive) -> bool:
    """Return whether a `return` leads to https or refuses."""
    if re.fullmatch("4[0-9]{2}", answer.first):
        return True
    target = answer.args[1:] if answer.first in _REDIRECTS else answer.args
    return " ".join(target).lower().startswith("https://")


def _is_acme(location: Directive) -> bool:
    *how, path = location.args or ("",)
    return location.name == "location" and how in ([], ["^~"], ["="]) and path.startswith(_ACME)


def _redirects(tree: Directive, _: Limits) -> Faults:
    encrypted = tls_sockets(tree)
    for server in servers(tree, "http"):
        # The default server is the matter of another rule.
        if not any(
            socket.port == 80 and not socket.local and socket not in encrypted and not _is_default(listen)
            for socket, listen in sockets(server).items()
        ):
            continue
        judged = [directive for directive in server.walk() if not any(map(_is_acme, directive.above()))]
        for directive in judged:
            if directive.name == "return" and not _answers_well(directive):
                yield directive, "answers on port 80 with something else than a redirect to https or a refusal"
        if server.own("return"):
            continue
        locations = [directive for directive in judged if directive.name == "location"]
        for location in locations:
            if not location.own("return"):
                yield location, "serves on port 80 instead of leading to https"
        if not any(location.args == ("/",) for location in locations):
            yield server, "has no `location /` that leads to https from port 80"


def _refuses_unknown_names(tree: Directive, _: Limits) -> Faults:
    encrypted = tls_sockets(tree)
    listening = [
        (socket, listen, server) for server in servers(tree, "http") for socket, listen in sockets(server).items()
    ]
    named = {socket for socket, listen, _server in listening if _is_default(listen)}
    for socket, listen, server in listening:
        if socket.local:
            continue
        if socket not in named:
            named.add(socket)
            yield listen, f"no server is the default_server of this address at port {socket.port}"
        elif _is_default(listen):
            returned = server.all("return")
            refuses = bool(server.own("return")) and all(answer.first in _REFUSALS for answer in returned)
            if not refuses and (socket not in encrypted or answers(server)):
                yield server, f"the default_server of port {socket.port} does not refuse unknown names"


def _alias(tree: Directive, _: Limits) -> Faults:
    for alias in tree.all("alias"):
        location = alias.around
        if location.first in {"=", "~", "~*"}:
            continue
        if not (" ".join(location.args).endswith("/") and alias.first.endswith("/")):
            yield alias, "alias and its location do not both end with a slash"


def _decoded_uri(tree: Directive, _: Limits) -> Faults:
    decoded = derived(tree, "uri", "document_uri")
    for directive in tree.all("return", "rewrite", "add_header", "proxy_set_header", "proxy_pass"):
        values = directive.args[1:] if directive.name == "rewrite" else directive.args
        if variables(" ".join(values)) & decoded:
            yield directive, f"{directive.name} repeats the decoded path, line breaks included"


RULES: list[ResourceRule | StackRule] = [
    nginx_rule(
        id="nginx-hsts",
        sentence="Every answer over TLS tells browsers to come by https only, for a year, for all names below too.",
        severity=Severity.HIGH,
        framework=owasp_asvs("3.4.1", "A maximum age of at least 1 year, applied to all subdomains as well"),
        url="https://hstspreload.org/#submission-requirements",
        mend=(
            'Write `add_header Strict-Transport-Security "max-age=31536000; includeSubDomains; preload" always;` once, '
            "into nginx's http block, with this age or more (another least one: the limit max_age of this rule)."
        ),
        limits={"max_age": Limit(31_536_000, "How many seconds the header's max-age says at least.")},
        check=judging(_hsts),
    ),
    nginx_rule(
        id="nginx-content-headers",
        sentence="Every answer over TLS forbids framing by others, guessed types, full referrers and unused features.",
        severity=Severity.MEDIUM,
        framework=owasp_headers(
            "ci/headers_add.json", "X-Frame-Options, X-Content-Type-Options, Referrer-Policy, Permissions-Policy"
        ),
        url="https://owasp.org/www-project-secure-headers/",
        mend=(
            'Write `add_header X-Frame-Options "SAMEORIGIN" always;`, `add_header X-Content-Type-Options "nosniff" '
            'always;`, `add_header Referrer-Policy "strict-origin-when-cross-origin" always;` and `add_header '
            'Permissions-Policy "geolocation=(), microphone=(), camera=()" always;` once each, into nginx\'s http '
            "block (other values: the limits of this rule)."
        ),
        limits={
            "frame_options": Limit("SAMEORIGIN", "The value of X-Frame-Options."),
            "content_type_options": Limit("nosniff", "The value of X-Content-Type-Options."),
            "referrer_policy": Limit("strict-origin-when-cross-origin", "The value of Referrer-Policy."),
            "permissions_policy": Limit("geolocation=(), microphone=(), camera=()", "The value of Permissions-Policy."),
        },
        check=judging(_content_headers),
    ),
    nginx_rule(
        id="nginx-content-security-policy",
        sentence="Every answer over TLS has a Content-Security-Policy that lets in nothing foreign by default.",
        severity=Severity.MEDIUM,
        framework=owasp_asvs("3.4.3", "Every HTTP response includes a Content-Security-Policy header field"),
        url="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
        mend=(
            "Write `add_header Content-Security-Policy \"default-src 'self'; object-src 'none'; base-uri 'self'; "
            "form-action 'self'; frame-ancestors 'self'\" always;` once, into nginx's http block; name what a page "
            "needs besides by host, in a directive of its own, and never with 'unsafe-eval'."
        ),
        check=judging(_content_security_policy),
    ),
    nginx_rule(
        id="nginx-no-inline-scripts",
        sentence="The Content-Security-Policy lets no script run that stands in the page itself.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=owasp_asvs("3.4.3", "A per-response policy with nonces or hashes must be defined (L3)"),
        url="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
        mend="Take 'unsafe-inline' out of script-src; move the scripts into files, or give each a nonce or a hash.",
        check=judging(_inline_scripts),
    ),
    nginx_rule(
        id="nginx-headers-inherited",
        sentence="No block takes away the headers that the blocks above it add to every answer.",
        severity=Severity.HIGH,
        framework=gixy(
            "add_header_redefinition", "add_header is inherited if and only if there is none on the current level"
        ),
        url=f"{DOCS}/ngx_http_headers_module.html#add_header",
        mend=(
            "Move this add_header into nginx's http block, or repeat all of those above beside it (from nginx 1.29.3 "
            "on, `add_header_inherit merge;` does that)."
        ),
        check=judging(_inherited_headers),
    ),
    nginx_rule(
        id="nginx-version-hidden",
        sentence="The version of nginx is told to nobody.",
        severity=Severity.LOW,
        framework=owasp_asvs("13.4.6", "Do not expose detailed version information of backend components"),
        url=f"{DOCS}/ngx_http_core_module.html#server_tokens",
        mend="Write `server_tokens off;` into nginx's http block; the default is on.",
        check=judging(_version),
    ),
    nginx_rule(
        id="nginx-upstream-headers-hidden",
        sentence="Of what nginx answers in its own words, and of what the application runs on, upstreams say nothing.",
        severity=Severity.LOW,
        framework=owasp_headers("ci/headers_remove.json", "X-Powered-By"),
        url=f"{DOCS}/ngx_http_proxy_module.html#proxy_hide_header",
        mend=(
            "Write `proxy_hide_header X-Powered-By;` and a proxy_hide_header for each security header that nginx adds, "
            "into nginx's http block; a block with one of its own has to repeat them all."
        ),
        check=judging(_hidden_headers),
    ),
    nginx_rule(
        id="nginx-plain-http-redirects",
        sentence="Port 80 leads to https, lets the certificate authority look, or refuses, and serves nothing else.",
        severity=Severity.HIGH,
        framework=owasp_asvs("12.2.1", "TLS is used for all connectivity between a client and external services"),
        url="https://hstspreload.org/#submission-requirements",
        mend=(
            "Give the server of port 80 `location / { return 301 https://$host$request_uri; }` and, besides a "
            "`location /.well-known/acme-challenge/`, no location without such a return or `return 4xx`."
        ),
        check=judging(_redirects),
    ),
    nginx_rule(
        id="nginx-unknown-names-refused",
        sentence="Who asks for a name that no server has is refused, at every address and port where nginx listens.",
        severity=Severity.MEDIUM,
        framework=gixy("default_server_flag", "Name the default server of a socket, rather than the first"),
        url=f"{DOCS}/request_processing.html",
        mend=(
            "Add `server { listen 443 ssl default_server; ssl_reject_handshake on; }` and `server { listen 80 "
            "default_server; return 421; }`, with a listen for each address and port of the others, [::] included."
        ),
        check=judging(_refuses_unknown_names),
    ),
    nginx_rule(
        id="nginx-alias-closed",
        sentence="No path leads out of the directory that an alias names.",
        severity=Severity.HIGH,
        framework=gixy("alias_traversal", "Path traversal via misconfigured alias"),
        url="https://github.com/yandex/gixy/blob/master/docs/en/plugins/aliastraversal.md",
        mend="End both the location's path and the alias with a slash, or write `location = …` for a single file.",
        check=judging(_alias),
    ),
    nginx_rule(
        id="nginx-no-decoded-path",
        sentence="No header and no redirect repeats the decoded path, in which a visitor can hide line breaks.",
        severity=Severity.HIGH,
        framework=gixy("http_splitting", "Variables that can contain line breaks"),
        url="https://github.com/yandex/gixy/blob/master/docs/en/plugins/httpsplitting.md",
        mend="Write $request_uri instead of $uri and $document_uri; it is what the visitor sent, still encoded.",
        check=judging(_decoded_uri),
    ),
    nginx_rule(
        id="nginx-no-directory-listings",
        sentence="The files of a directory are not listed by nginx.",
        severity=Severity.MEDIUM,
        framework=owasp_asvs("13.4.3", "Web servers do not expose directory listings to clients"),
        url=f"{DOCS}/ngx_http_autoindex_module.html#autoindex",
        mend="Take `autoindex on;` out; the default is off.",
        check=judging(only_off("autoindex", "autoindex is not off")),
    ),
]
