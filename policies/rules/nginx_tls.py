"""Rules for TLS at nginx; Mozilla's guideline is https://ssl-config.mozilla.org/guidelines/6.0.json."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from policies.frameworks import gixy, mozilla_tls, nginx_docs, nist_800_53, owasp_asvs
from policies.nginx import Directive, Faults, answers, configurations, judging, nginx_rule, only_off, parse, tls_servers
from policies.rule import Limits, Resource, ResourceRule, StackRule

_DOCS = "https://nginx.org/en/docs/http/ngx_http_ssl_module.html"
_PROTOCOLS = frozenset({"TLSv1.2", "TLSv1.3"})
# Mozilla 6.0, intermediate: `ciphers.openssl` and `ciphersuites`.
_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
_CIPHER_SUITES = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
# Mozilla 6.0, intermediate: `tls_curves`.
_GROUPS = ("X25519MLKEM768", "X25519", "prime256v1", "secp384r1")


def _readable(resource: Resource, _: Limits) -> Iterator[str]:
    for where, text in configurations(resource):
        tree, line = parse(text)
        if tree is None:
            yield f"{where}, line {line}: is not the syntax of nginx"


def _commands(tree: Directive, *names: str) -> Iterator[tuple[Directive, str]]:
    """Yield what ssl_conf_command hands to OpenSSL under these names, the case of which OpenSSL ignores."""
    for directive in tree.all("ssl_conf_command"):
        name, value = (*directive.args, "", "")[:2]
        if name.lower() in names:
            yield directive, value


def _minimum_tls(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all("ssl_protocols"):
        for index, offered in enumerate(directive.args):
            if offered not in _PROTOCOLS:
                yield directive, f"ssl_protocols[{index}] is neither TLSv1.2 nor TLSv1.3"
    for directive, _value in _commands(tree, "protocol", "minprotocol", "maxprotocol", "options"):
        yield directive, "ssl_conf_command changes the protocols behind ssl_protocols"
    for server in tls_servers(tree):
        if not server.value("ssl_protocols"):
            yield server, "the server terminates TLS and no ssl_protocols holds for it"


def _ciphers(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all("ssl_ciphers"):
        for index, offered in enumerate(re.split("[:, ]", " ".join(directive.args))):
            if offered not in _CIPHERS:
                yield directive, f"ssl_ciphers[{index}] is none of Mozilla's six"
    for command, value in _commands(tree, "ciphersuites"):
        if not set(value.split(":")) <= _CIPHER_SUITES:
            yield command, "ssl_conf_command offers another suite of TLS 1.3 than Mozilla's three"
    for command, _value in _commands(tree, "cipherstring"):
        yield command, "ssl_conf_command changes the ciphers behind ssl_ciphers"
    for server in tls_servers(tree):
        if not server.holding("ssl_ciphers") and server.value("ssl_protocols") != "TLSv1.3":
            yield server, "the server terminates TLS 1.2 and no ssl_ciphers holds for it"


def _groups(tree: Directive, _: Limits) -> Faults:
    set_here = [(directive, " ".join(directive.args)) for directive in tree.all("ssl_ecdh_curve")]
    for directive, value in [*set_here, *_commands(tree, "groups", "curves")]:
        for index, offered in enumerate(value.split(":")):
            # `?`: OpenSSL passes over one that it does not know. `auto`: its own default.
            if offered.removeprefix("?") not in _GROUPS and value != "auto":
                yield directive, f"{directive.name}[{index}] is none of Mozilla's groups"


def _tickets(tree: Directive, _: Limits) -> Faults:
    for server in tls_servers(tree):
        if server.flag("ssl_session_tickets") != "off":
            yield server, "ssl_session_tickets is not off for this server"


def _certificates(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all("ssl_certificate_key"):
        if directive.first.startswith("data:"):
            yield directive, "ssl_certificate_key holds the key itself"
    for server in tls_servers(tree):
        if answers(server):
            for name in ("ssl_certificate", "ssl_certificate_key"):
                if not server.value(name):
                    yield server, f"the server terminates TLS and no {name} holds for it"


def _client_verification(tree: Directive, _: Limits) -> Faults:
    for directive in tree.all("ssl_verify_client"):
        if directive.first not in {"on", "off"}:
            yield directive, "ssl_verify_client lets clients in whose certificate nobody has verified"
        elif directive.first == "on" and not directive.around.value("ssl_client_certificate"):
            yield directive, "ssl_verify_client is on and no ssl_client_certificate says whose clients are meant"


RULES: list[ResourceRule | StackRule] = [
    nginx_rule(
        id="nginx-configuration-readable",
        sentence="Every configuration of nginx can be read, so that the other rules can judge it.",
        severity=Severity.HIGH,
        framework=nist_800_53("CM-6", "Establish and document configuration settings; implement and monitor them"),
        url="https://nginx.org/en/docs/beginners_guide.html#conf_structure",
        mend="Mend the syntax at this line or before it: close each directive with `;` and each block with `}`.",
        check=_readable,
    ),
    nginx_rule(
        id="nginx-minimum-tls",
        sentence="TLS is spoken by nginx in its versions 1.2 and 1.3 only, as its configuration says in so many words.",
        severity=Severity.HIGH,
        framework=mozilla_tls("intermediate: tls_versions", "TLSv1.2, TLSv1.3"),
        url=f"{_DOCS}#ssl_protocols",
        mend=(
            "Write `ssl_protocols TLSv1.2 TLSv1.3;` into nginx's http block, and no other ssl_protocols, nor "
            "ssl_conf_command with Protocol, MinProtocol, MaxProtocol or Options."
        ),
        check=judging(_minimum_tls),
    ),
    nginx_rule(
        id="nginx-tls-ciphers",
        sentence="For TLS 1.2 nginx offers the six ciphers with forward secrecy and authenticated encryption only.",
        severity=Severity.HIGH,
        framework=mozilla_tls("intermediate: ciphers", ":".join(_CIPHERS)),
        url=f"{_DOCS}#ssl_ciphers",
        mend=f"Write `ssl_ciphers {':'.join(_CIPHERS)};` into nginx's http block.",
        check=judging(_ciphers),
    ),
    nginx_rule(
        id="nginx-cipher-order-of-clients",
        sentence="Among ciphers that are all good, the client chooses the one that its hardware is fastest at.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=mozilla_tls("intermediate: server_preferred_order", "false"),
        url=f"{_DOCS}#ssl_prefer_server_ciphers",
        mend="Write `ssl_prefer_server_ciphers off;` into nginx's http block, or leave it out.",
        check=judging(only_off("ssl_prefer_server_ciphers", "ssl_prefer_server_ciphers is not off")),
    ),
    nginx_rule(
        # Unset is let through: OpenSSL's default is good (3.5 begins with X25519MLKEM768), and a group that the
        # installed OpenSSL does not know would stop nginx.
        id="nginx-key-exchange-groups",
        sentence="Where nginx names the groups of its key exchange, they are those that Mozilla recommends.",
        severity=Severity.MEDIUM,
        framework=mozilla_tls("intermediate: tls_curves", ":".join(_GROUPS)),
        url=f"{_DOCS}#ssl_ecdh_curve",
        mend=(
            "Leave ssl_ecdh_curve out, or write `ssl_ecdh_curve X25519:prime256v1:secp384r1;`, with X25519MLKEM768 "
            "first where nginx has OpenSSL 3.5."
        ),
        check=judging(_groups),
    ),
    nginx_rule(
        id="nginx-no-static-stapling",
        sentence="OCSP stapling is on only while the certificate names a responder, which a fixed text cannot know.",
        severity=Severity.LOW,
        framework=gixy("ssl_stapling_letsencrypt", "Let's Encrypt's certificates have no OCSP responder"),
        url="https://letsencrypt.org/2024/12/05/ending-ocsp/",
        mend=(
            "Take `ssl_stapling on` out of the text; if your authority still answers OCSP, let what installs the "
            "certificate write it into a file that the text includes."
        ),
        check=judging(only_off("ssl_stapling", "ssl_stapling is on, whatever the certificate says")),
    ),
    nginx_rule(
        # nginx changes the key by itself since 1.23.2, but only with a shared session cache.
        id="nginx-session-tickets-off",
        sentence="Session tickets are off, because a key that stays the same opens all recorded sessions of TLS 1.2.",
        severity=Severity.MEDIUM,
        framework=mozilla_tls("ssl-config-generator: nginx.js", "ssl_session_tickets off (before nginx 1.23.2)"),
        url=f"{_DOCS}#ssl_session_tickets",
        mend="Write `ssl_session_tickets off;` into nginx's http block; the default is on.",
        check=judging(_tickets),
    ),
    nginx_rule(
        id="nginx-certificates-set",
        sentence="Every server that terminates TLS has a certificate, and its key in a file of the host.",
        severity=Severity.HIGH,
        framework=nginx_docs(
            "Configuring HTTPS servers",
            "The private key is a secure entity and should be stored in a file with restricted access",
        ),
        url="https://nginx.org/en/docs/http/configuring_https_servers.html",
        mend="Write `ssl_certificate` and `ssl_certificate_key`, each with a path, for this server or for all in http.",
        check=judging(_certificates),
    ),
    nginx_rule(
        id="nginx-client-certificates-verified",
        sentence="Where nginx asks clients for a certificate, it lets nobody in whose certificate is not verified.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "12.1.3", "Verify that the application validates that mTLS client certificates are trusted"
        ),
        url=f"{_DOCS}#ssl_verify_client",
        mend=(
            "Write `ssl_verify_client on;` and `ssl_client_certificate` with the path of the authority's certificate, "
            "or neither of them; optional and optional_no_ca let clients in without one."
        ),
        check=judging(_client_verification),
    ),
]
