"""Cases of the rules for what stands before the host."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from policies.rules.cloudflare_zone import (
    DNSSEC,
    HOSTNAME_SETTING,
    PAGE_RULE,
    PROVIDER,
    PULL_CERTIFICATE,
    PULLS,
    RECORD,
    ZONE,
    ZONE_SETTING,
)
from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Change, Declaration, Program, put, removed, text

NO_ADDRESS = frozenset({"ipv6"})


def a_zone(**inputs: Any) -> Declaration:
    """Declare the zone that `beside` means."""
    return Declaration(ZONE, "zone", {"name": "example.com", **inputs}, urn=_urn("zone"))


def _urn(zone: str) -> str:
    return f"urn:pulumi:stack::project::{ZONE}::{zone}"


def beside(type_: str, called: str = "thing", *, of_zone: str = "zone", **inputs: Any) -> Declaration:
    """Declare a resource that takes the id of a zone."""
    inputs = {"zoneId": f"{of_zone}-id", **inputs}
    return Declaration(type_, called, inputs, refers={"zoneId": frozenset({_urn(of_zone)})})


EXAMPLE = a_zone()


def _set(name: str, value: Any) -> Declaration:
    return beside(ZONE_SETTING, settingId=name, value=value)


def _settings(name: str, good: list[Any], bad: dict[str, Any], breaks: Change) -> Cases:
    worst = [value for key, value in bad.items() if key != "wrong case"][-1]
    return Cases(
        good={repr(value): [_set(name, value), _set("brotli", "off")] for value in good},
        bad={
            "missing": [beside(ZONE_SETTING, settingId=name)],
            "empty": [_set(name, "")],
            "mixed list": [_set(name, good[0]), _set(name, worst)],
            "for one name": [beside(HOSTNAME_SETTING, hostname="old.example.com", settingId=name, value=worst)],
            **{key: [_set(name, value)] for key, value in bad.items()},
        },
        cannot=NO_ADDRESS if "wrong case" in bad else NO_ADDRESS | {"wrong case"},
        unknown={
            "the value": [_set(name, UNKNOWN)],
            "which setting it is": [beside(ZONE_SETTING, settingId=UNKNOWN, value=good[0])],
        },
        canary=[_set(name, CANARY)],
        breaks=breaks,
    )


def _switch(name: str, breaks: Change, *, on: str = "on", off: str = "off", good: tuple[str, ...] = ()) -> Cases:
    return _settings(name, [on, *good], {"wrong case": on.upper(), "a boolean": on == "on", "the other": off}, breaks)


def _hsts(**changed: Any) -> list[Declaration]:
    header = {"enabled": True, "max_age": 31536000, "include_subdomains": True, "nosniff": True, **changed}
    return [_set("security_header", {"strict_transport_security": header})]


_ALL = ("ssl", "always_use_https", "automatic_https_rewrites", "min_tls_version", "tls_1_3", "0rtt", "security_header")


def _declared(*names: Any, of_zone: str = "zone") -> Declared:
    return [EXAMPLE, *(beside(ZONE_SETTING, f"{name}", of_zone=of_zone, settingId=name) for name in names)]


def _in_development(program: Program) -> None:
    program["edge-http2"].inputs["settingId"] = "development_mode"


def _page_rule(program: Program) -> None:
    zone = program["dns-zone"]
    program.add(Declaration(PAGE_RULE, "login", {"zoneId": "x"}, refers={"zoneId": frozenset({zone.urn})}))


def _named(type_: str, content: str, *, name: str = "www.example.com", **inputs: Any) -> Declaration:
    return beside(RECORD, name, type=type_, name=name, content=content, ttl=1, **inputs)


_HIDDEN = _named("A", "192.0.2.10", name="example.com", proxied=True)
_HIDDEN_IPV6 = _named("AAAA", "2001:db8::10", name="example.com", proxied=True)
_HIDDEN_NAME = _named("CNAME", "origin.example.net", proxied=True)


def _lasting(**inputs: Any) -> Declared:
    return [beside(RECORD, type="A", **inputs)]


def _caa(tag: Any, value: Any, *, name: str = "example.com", of_zone: str = "zone") -> Declaration:
    return beside(RECORD, f"caa-{tag}", of_zone=of_zone, type="CAA", name=name, data={"tag": tag, "value": value})


_ISSUE = _caa("issue", "letsencrypt.org")
_IODEF = _caa("iodef", "mailto:ops@example.com")


def _signed(*states: Any, of_zone: str = "zone") -> Declared:
    return [EXAMPLE, *(beside(DNSSEC, of_zone=of_zone, status=state) for state in states)]


def _spf(*contents: str, name: str = "example.com") -> Declared:
    return [EXAMPLE, *(_named("TXT", content, name=name) for content in contents)]


def _dmarc(*contents: str, name: str = "_dmarc.example.com") -> Declared:
    return _spf(*contents, name=name)


_COMMAND = "command:remote:Command"
_VERIFIES = "ssl_client_certificate /clients.pem; ssl_verify_client on;"


def _nginx(inside: str) -> Declaration:
    return of(_COMMAND, "load-balancer", stdin=f"http {{ {inside} }}")


_SERVED = _nginx(f"{_VERIFIES} server {{ listen 443 ssl; }}")
_ENABLED = beside(PULLS, "pulls", enabled=True)
_SHOWN = beside(PULL_CERTIFICATE, "certificate", certificate="-----BEGIN CERTIFICATE-----")


def _origin(*others: Declaration, proxied: Any = True) -> Declared:
    return [EXAMPLE, _named("A", "192.0.2.10", proxied=proxied), *others]


CASES = {
    "origin-certificate-checked": _settings(
        "ssl",
        ["strict"],
        {"wrong case": "Strict", "unverified": "full", "plain": "flexible", "none": "off"},
        put("edge-ssl", "value", value="full"),
    ),
    "edge-redirects-to-https": _switch("always_use_https", put("edge-always-use-https", "value", value="off")),
    "edge-rewrites-links-to-https": _switch(
        "automatic_https_rewrites", put("edge-automatic-https-rewrites", "value", value="off")
    ),
    "edge-minimum-tls": _settings(
        "min_tls_version",
        ["1.2", "1.3", 1.2, 1.3],
        {"no number": "TLSv1.2", "of 2006": "1.1", "a number": 1.0, "of 1999": "1.0"},
        put("edge-min-tls-version", "value", value="1.1"),
    ),
    "edge-newest-tls": _switch("tls_1_3", put("edge-tls-1-3", "value", value="off"), good=("zrt",)),
    "edge-early-data-refused": _switch("0rtt", put("edge-0rtt", "value", value="on"), on="off", off="on"),
    "edge-hsts": Cases(
        good={"a year": _hsts(), "two years, as a float": _hsts(max_age=63072000.0, preload=True)},
        bad={
            "missing": [beside(ZONE_SETTING, settingId="security_header")],
            "empty": [_set("security_header", {"strict_transport_security": {}})],
            "wrong case": _hsts(enabled="True"),
            "mixed list": [*_hsts(), *_hsts(enabled=False)],
            "off": _hsts(enabled=False),
            "the domain alone": _hsts(include_subdomains=False),
            "types are guessed": _hsts(nosniff=None),
            "a second less than a year": _hsts(max_age=31536000 - 1),
            "a text": _hsts(max_age="31536000"),
            "a boolean": _hsts(max_age=True),
        },
        cannot=NO_ADDRESS,
        unknown={
            "the value": [_set("security_header", UNKNOWN)],
            "one of it": _hsts(include_subdomains=UNKNOWN),
            "the time": _hsts(max_age=UNKNOWN),
        },
        canary=_hsts(max_age=CANARY, enabled=CANARY),
        breaks=put("edge-security-header", "value", "strict_transport_security", "max_age", value=3600),
    ),
    "zone-settings-declared": Cases(
        good={"all": _declared(*_ALL), "more": _declared("brotli", *_ALL)},
        bad={
            "missing": _declared(),
            "wrong case": _declared("SSL", *_ALL[1:]),
            "mixed list": _declared(*_ALL[:-1]),
            "empty": _declared("", *_ALL[1:]),
            "of another zone": _declared(*_ALL, of_zone="other"),
        },
        cannot=NO_ADDRESS,
        unknown={"which setting it is": _declared(UNKNOWN, *_ALL[1:])},
        canary=_declared(CANARY),
        breaks=removed("edge-ssl"),
    ),
    "zone-defences-raised": Cases(
        good={
            "raised": [_set("security_level", level) for level in ("low", "medium", "high", "under_attack")],
            "not in development": [_set("development_mode", "off")],
            "another setting": [_set("brotli", "off")],
        },
        bad={
            "missing": [beside(ZONE_SETTING, settingId="security_level")],
            "empty": [_set("development_mode", "")],
            "wrong case": [_set("development_mode", "OFF")],
            "mixed list": [_set("development_mode", "off"), _set("security_level", "essentially_off")],
            "off": [_set("security_level", "off")],
            "in development": [_set("development_mode", "on")],
        },
        cannot=NO_ADDRESS,
        unknown={"the value": [_set("security_level", UNKNOWN)], "which setting it is": [_set(UNKNOWN, "off")]},
        canary=[_set("security_level", CANARY)],
        breaks=_in_development,
    ),
    "zone-not-paused": Cases(
        good={"at work": [EXAMPLE, a_zone(paused=False)]},
        bad={
            "empty": [a_zone(paused="")],
            "wrong case": [a_zone(paused="False")],
            "mixed list": [EXAMPLE, a_zone(paused=True)],
        },
        cannot=NO_ADDRESS | {"missing"},
        unknown={"whether it is paused": [a_zone(paused=UNKNOWN)]},
        canary=[a_zone(paused=CANARY)],
        breaks=put("dns-zone", "paused", value=True),
    ),
    "page-rules-unused": Cases(
        good={
            "none": [EXAMPLE],
            "disabled": [EXAMPLE, beside(PAGE_RULE, status="disabled")],
            "of another zone": [EXAMPLE, beside(PAGE_RULE, of_zone="other", status="active")],
        },
        bad={
            "missing": [EXAMPLE, beside(PAGE_RULE, target="example.com/login", actions={"ssl": "off"})],
            "empty": [EXAMPLE, beside(PAGE_RULE, status="")],
            "wrong case": [EXAMPLE, beside(PAGE_RULE, status="Disabled")],
            "mixed list": [EXAMPLE, beside(PAGE_RULE, status="disabled"), beside(PAGE_RULE, status="active")],
        },
        cannot=NO_ADDRESS,
        unknown={"the status": [EXAMPLE, beside(PAGE_RULE, status=UNKNOWN)]},
        canary=[EXAMPLE, beside(PAGE_RULE, target=CANARY)],
        breaks=_page_rule,
    ),
    "cloudflare-token-scoped": Cases(
        good={"a token": [of(PROVIDER, apiToken="a-token", baseUrl="https://192.0.2.21/client/v4")]},
        bad={
            "missing": [of(PROVIDER)],
            "empty": [of(PROVIDER, apiToken=" ")],
            "mixed list": [of(PROVIDER, apiToken="a-token"), of(PROVIDER, apiKey="a-canary", email="ops@example.com")],
            "beside a token": [of(PROVIDER, apiToken="a-token", email="ops@example.com")],
            "a key beside a token": [of(PROVIDER, apiToken="a-token", apiKey="a-canary")],
            "a service key": [of(PROVIDER, apiToken="a-token", apiUserServiceKey="a-canary")],
        },
        cannot=NO_ADDRESS | {"wrong case"},
        unknown={
            "the token": [of(PROVIDER, apiToken=UNKNOWN)],
            "a key": [of(PROVIDER, apiToken="a-token", apiKey=UNKNOWN)],
        },
        canary=[of(PROVIDER, apiToken=CANARY, apiKey=CANARY, email=CANARY)],
        breaks=put("zone", "email", value="ops@example.com"),
    ),
    "origin-address-untold": Cases(
        good={
            "nothing is proxied": [_named("A", "192.0.2.10"), _named("A", "192.0.2.10", name="api.example.com")],
            "nothing is proxied, nor known": [_named("A", UNKNOWN), _named("A", "192.0.2.10")],
            "all is proxied": [_HIDDEN, _named("A", "192.0.2.10", proxied=True), _HIDDEN_IPV6],
            "mail is elsewhere": [
                *(_HIDDEN, _named("MX", "mx.example.net", name="example.com")),
                _named("TXT", '"v=spf1 ip4:192.0.2.11 include:example.net -all"', name="example.com"),
            ],
            "a name that a record leads to has texts too": [
                *(_HIDDEN, _named("CNAME", "example.com", proxied=True)),
                _named("TXT", '"v=spf1 -all"', name="example.com"),
            ],
        },
        bad={
            "missing": [_HIDDEN, _named("A", "192.0.2.10")],
            "ipv6": [_HIDDEN_IPV6, _named("AAAA", "2001:DB8:0::10", proxied=False)],
            "mixed list": [_HIDDEN, _named("A", "192.0.2.99"), _named("A", "192.0.2.10", proxied=False)],
            "wrong case": [_HIDDEN_NAME, _named("CNAME", "Origin.Example.NET.", name="ssh.example.com")],
            "a text for a boolean": [_HIDDEN, _named("A", "192.0.2.10", proxied="true")],
            "ipv4 in ipv6": [_HIDDEN, _named("AAAA", "::ffff:192.0.2.10")],
            "the name that is led to": [
                _named("CNAME", "origin.example.com", proxied=True),
                _named("A", "192.0.2.10", name="Origin.example.com"),
            ],
            "the name that is led to, by ipv6": [
                _named("CNAME", "origin.example.com.", proxied=True),
                _named("AAAA", "2001:db8::10", name="origin.example.com"),
            ],
            "the name that is led to, and leads on": [
                _named("CNAME", "origin.example.com", proxied=True),
                _named("CNAME", "host.example.net", name="origin.example.com"),
            ],
            "SPF": [_HIDDEN, _named("TXT", '"v=spf1 +ip4:192.0.2.10 -all"')],
            "SPF, the network around it": [_HIDDEN, _named("TXT", '"v=spf1 ip4:192.0.2.10/24 -all"')],
            "SPF, ipv6": [_HIDDEN_IPV6, _named("TXT", '"v=spf1 ip6:2001:db8::10 -all"')],
            "a mail server": [_HIDDEN_NAME, _named("MX", "origin.example.net")],
            "a hint": [
                _HIDDEN,
                beside(RECORD, type="HTTPS", name="example.com", data={"value": 'alpn="h2" ipv4hint="192.0.2.10"'}),
            ],
            "a service": [_HIDDEN_NAME, beside(RECORD, type="SRV", name="_x", data={"target": "origin.example.net"})],
        },
        cannot=frozenset({"empty"}),
        unknown={
            "whether it is proxied": [_HIDDEN, _named("A", "192.0.2.10", proxied=UNKNOWN)],
            "the content": [_HIDDEN, _named("A", UNKNOWN)],
            "what is hidden": [_named("A", UNKNOWN, proxied=True), _named("A", "192.0.2.10")],
            "the name": [_HIDDEN_NAME, _named("A", "192.0.2.99", name=UNKNOWN)],
        },
        canary=[_named("CNAME", CANARY, proxied=True), _named("CNAME", CANARY, name="ssh.example.com")],
        breaks=put("dns-api", "proxied", value=False),
    ),
    "record-ttl-kept": Cases(
        good={
            "proxied": _lasting(proxied=True, ttl=1.0),
            "automatic": _lasting(ttl=1),
            "short and long": [*_lasting(ttl=60, proxied=False), *_lasting(ttl=86400.0)],
        },
        bad={
            "missing": _lasting(),
            "empty": _lasting(ttl=""),
            "mixed list": [*_lasting(ttl=300), *_lasting(ttl=300, proxied=True)],
            "none at all": _lasting(ttl=0),
            "shorter than Cloudflare's": _lasting(ttl=59),
            "longer than a day": _lasting(ttl=86401),
            "a boolean": _lasting(ttl=True),
        },
        cannot=NO_ADDRESS | {"wrong case"},
        unknown={"the time": _lasting(ttl=UNKNOWN), "whether it is proxied": _lasting(ttl=1, proxied=UNKNOWN)},
        canary=_lasting(ttl=CANARY),
        breaks=put("dns-api", "ttl", value=300),
    ),
    "certificate-issuers-limited": Cases(
        good={
            "both": [EXAMPLE, _ISSUE, _IODEF],
            "more, in other words": [
                *(EXAMPLE, _ISSUE, _caa("issue", "pki.goog", name="@"), _caa("issuewild", ";")),
                _caa("iodef", "https://example.com/caa", name="Example.com."),
            ],
            "a zone in large letters": [a_zone(name="Example.COM"), _ISSUE, _IODEF],
        },
        bad={
            "missing": [EXAMPLE],
            "empty": [EXAMPLE, _caa("issue", ""), _IODEF],
            "wrong case": [EXAMPLE, _caa("ISSUE", "letsencrypt.org"), _IODEF],
            "mixed list": [EXAMPLE, _ISSUE, _caa("iodef", "")],
            "an address in another tag": [EXAMPLE, _ISSUE, _caa("contactemail", "mailto:ops@example.com")],
            "wildcards alone": [EXAMPLE, _caa("issuewild", "letsencrypt.org"), _IODEF],
            "no address": [EXAMPLE, _ISSUE, _caa("iodef", "ops@example.com")],
            "below the zone": [EXAMPLE, _caa("issue", "letsencrypt.org", name="www.example.com"), _IODEF],
            "of another zone": [EXAMPLE, _ISSUE, _caa("iodef", "mailto:ops@example.com", of_zone="other")],
            "another type": [
                *(EXAMPLE, _IODEF),
                beside(RECORD, type="TXT", name="@", data={"tag": "issue", "value": "letsencrypt.org"}),
            ],
        },
        cannot=NO_ADDRESS,
        unknown={
            "the tag": [EXAMPLE, _caa(UNKNOWN, "letsencrypt.org"), _IODEF],
            "the value": [EXAMPLE, _caa("issue", UNKNOWN), _IODEF],
            "the zone's name": [a_zone(name=UNKNOWN), _ISSUE, _IODEF],
        },
        canary=[EXAMPLE, _caa("issue", CANARY), _caa("iodef", CANARY)],
        breaks=removed("dns-caa-iodef"),
    ),
    "zone-signed": Cases(
        good={"signed": _signed("active")},
        bad={
            "missing": _signed(),
            "empty": _signed(""),
            "wrong case": _signed("Active"),
            "mixed list": _signed("active", "disabled"),
            "off": _signed("disabled"),
            "of another zone": _signed("active", of_zone="other"),
        },
        cannot=NO_ADDRESS,
        unknown={"the state": _signed(UNKNOWN)},
        canary=_signed(CANARY),
        breaks=put("dns-dnssec", "status", value="disabled"),
    ),
    "mail-senders-limited": Cases(
        good={
            "nobody": _spf('"v=spf1 -all"', '"another-text=1"'),
            "somebody, softly": _spf("v=spf1 include:example.net ip4:192.0.2.0/24 ~all", name="@"),
            "two strings": _spf('"v=spf1 include:example.net " "-all"'),
            "small and large": _spf("V=SPF1 -ALL"),
        },
        bad={
            "missing": _spf('"another-text=1"'),
            "empty": _spf('""'),
            "wrong case": _spf('"V=SPF1 +ALL"'),
            "ipv6": _spf('"v=spf1 ip6:::/0 -all"'),
            "mixed list": _spf('"v=spf1 -all"', '"v=spf1 ~all"'),
            "everybody": _spf('"v=spf1 +all"'),
            "everybody, by default": _spf('"v=spf1 all"'),
            "nobody knows": _spf('"v=spf1 ?all"'),
            "no end": _spf('"v=spf1 include:example.net"'),
            "another's end": _spf('"v=spf1 redirect=example.net"'),
            "everybody before the end": _spf('"v=spf1 +all -all"'),
            "both halves of the Internet": _spf('"v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"'),
            "everybody near us": _spf('"v=spf1 a/0 -all"'),
            "hidden in the second string": _spf('"v=spf1 " "+all"'),
            "below the zone": _spf('"v=spf1 -all"', name="mail.example.com"),
            "another version": _spf('"v=spf10 -all"'),
        },
        unknown={"the content": _spf(UNKNOWN)},
        canary=_spf(f'"v=spf1 include:{CANARY} +all"'),
        breaks=text("mail-spf", "content", "-all", "+all"),
    ),
    "forged-mail-refused": Cases(
        good={
            "reject": _dmarc('"v=DMARC1; p=reject; rua=mailto:ops@example.com"'),
            "spaces": _dmarc("v=DMARC1 ; p = reject ; pct = 100"),
            "quarantine, by a short name": _dmarc("v=DMARC1;p=quarantine;sp=reject;pct=100", name="_dmarc"),
        },
        bad={
            "missing": _dmarc(),
            "empty": _dmarc('""'),
            "wrong case": _dmarc('"v=dmarc1; p=reject"'),
            "mixed list": _dmarc('"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'),
            "no policy": _dmarc('"v=DMARC1; rua=mailto:ops@example.com"'),
            "reports alone": _dmarc('"v=DMARC1; p=none"'),
            "not for names below": _dmarc('"v=DMARC1; p=reject; sp=none"'),
            "for names below alone": _dmarc('"v=DMARC1; p=none; sp=reject"'),
            "of no mail": _dmarc('"v=DMARC1; p=reject; pct=0"'),
            "at the zone's name": _dmarc('"v=DMARC1; p=reject"', name="example.com"),
        },
        cannot=NO_ADDRESS,
        unknown={"the content": _dmarc(UNKNOWN)},
        canary=_dmarc(f'"v=DMARC1; p={CANARY}; rua=mailto:{CANARY}"'),
        breaks=text("mail-dmarc", "content", "p=reject", "p=none"),
    ),
    "origin-refuses-others": Cases(
        good={
            "ours alone": _origin(_ENABLED, _SHOWN, _SERVED),
            "nothing is proxied": _origin(proxied=False),
            "what nginx cannot read, which another rule says": _origin(_ENABLED, _SHOWN, _nginx("server {")),
            "another nginx, inside": [
                *_origin(_ENABLED, _SHOWN, _SERVED),
                of("docker:index/serviceConfig:ServiceConfig", "pages", data="c2VydmVyIHsgbGlzdGVuIDgwOyB9Cg=="),
            ],
        },
        bad={
            "missing": _origin(_SHOWN, _SERVED),
            "empty": _origin(beside(PULLS, "pulls"), _SHOWN, _SERVED),
            "ipv6": _origin(_ENABLED, _SHOWN, _nginx("server { listen [::]:443 ssl; }")),
            "mixed list": _origin(
                _ENABLED,
                _SHOWN,
                _nginx(
                    f"{_VERIFIES} server {{ listen 443 ssl; }} server {{ listen 8443 ssl; ssl_verify_client off; }}"
                ),
            ),
            "off": _origin(beside(PULLS, "pulls", enabled=False), _SHOWN, _SERVED),
            "on and off": _origin(_ENABLED, beside(PULLS, "more", enabled=False), _SHOWN, _SERVED),
            "of another zone": _origin(beside(PULLS, "pulls", of_zone="other", enabled=True), _SHOWN, _SERVED),
            "Cloudflare's certificate": _origin(_ENABLED, _SERVED),
            "another zone's certificate": _origin(_ENABLED, beside(PULL_CERTIFICATE, of_zone="other"), _SERVED),
            "no nginx": _origin(_ENABLED, _SHOWN),
            "no TLS": _origin(_ENABLED, _SHOWN, _nginx("server { listen 8080; }")),
            "two machines": _origin(_ENABLED, _SHOWN, _SERVED, _nginx("server { listen 443 ssl; }")),
            "who likes to": _origin(
                _ENABLED, _SHOWN, _nginx(f"{_VERIFIES.replace(' on', ' optional')} server {{ listen 443 ssl; }}")
            ),
        },
        cannot=frozenset({"wrong case"}),
        unknown={
            "whether pulls are enabled": _origin(beside(PULLS, enabled=UNKNOWN), _SHOWN, _SERVED),
            "whether it is proxied": _origin(proxied=UNKNOWN),
            "what nginx is given": _origin(_ENABLED, _SHOWN, of(_COMMAND, "nginx", stdin=UNKNOWN)),
        },
        canary=_origin(
            beside(PULL_CERTIFICATE, privateKey=CANARY), _nginx(f"{CANARY} on; server {{ listen 443 ssl; }}")
        ),
        breaks=put("edge-origin-pulls", "enabled", value=False),
    ),
}
