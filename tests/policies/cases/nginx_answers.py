"""Cases of the rules for what nginx answers."""

from __future__ import annotations

from tests.policies.cases.cases import CANARY, Cases
from tests.policies.cases.nginx import cases, proxy, tls

HSTS = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains; preload" always;'
CONTENT = (
    'add_header X-Frame-Options "SAMEORIGIN" always; add_header X-Content-Type-Options nosniff always;'
    "add_header Referrer-Policy strict-origin-when-cross-origin always;"
    'add_header Permissions-Policy "geolocation=(), microphone=(), camera=()" always;'
)
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
HIDDEN = "proxy_hide_header X-Powered-By;"
LEADS = "return 301 https://$host$request_uri;"


def _csp(policy: str) -> str:
    return tls(http=f'add_header Content-Security-Policy "{policy}" always;')


def _plain(server: str, *, listen: str = "80") -> str:
    return f"http {{ server {{ listen {listen}; server_name a; {server} }} }}"


def _default(server: str, *, listen: str = "80 default_server", more: str = "") -> str:
    return f"http {{ server {{ listen {listen}; {server} }} server {{ listen 80; server_name a; }} {more} }}"


CASES: dict[str, Cases] = {
    "nginx-hsts": cases(
        good={
            "above": tls(http=HSTS),
            "two years": tls(http=HSTS.replace("31536000", "63072000")),
            "header in small letters": tls(HSTS.replace("Strict-Transport-Security", "strict-transport-security")),
            "repeated below": tls(f"location / {{ {HSTS} }}", http=HSTS),
            "a certain refusal": tls("ssl_reject_handshake on;"),
            "no TLS": "http { server { listen 80; } }",
            "not http": "stream { server { listen 443 ssl; } } mail { server { listen 993 ssl; } }",
            "lost below, which another rule tells": tls("add_header A b;", http=HSTS),
        },
        bad={
            "missing": tls(),
            "empty": tls('add_header Strict-Transport-Security "" always;'),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": tls(HSTS.replace("31536000", "0"), http=HSTS),
            "wrong case": tls(http=HSTS.replace("includeSubDomains", "includesubdomains")),
            "an hour": tls(http=HSTS.replace("31536000", "3600")),
            "no names below": tls(http=HSTS.replace(" includeSubDomains;", "")),
            "not preloaded": tls(http=HSTS.replace("; preload", "")),
            "not for errors": tls(http=HSTS.replace(" always", "")),
            "twice": tls(http=HSTS + HSTS),
            "in one location only": tls(f"location / {{ {HSTS} }}"),
            "in one server only": f"http {{ server {{ listen 443 ssl; {HSTS} }} server {{ listen 443; }} }}",
            "no value": tls("add_header Strict-Transport-Security;"),
        },
        canary=tls(f"add_header Strict-Transport-Security {CANARY} {CANARY};"),
        breaks=("max-age=31536000", "max-age=3600"),
    ),
    "nginx-content-headers": cases(
        good={"above": tls(http=CONTENT), "a certain refusal": tls("ssl_reject_handshake on;")},
        bad={
            "missing": tls(),
            "empty": tls(CONTENT.replace("nosniff", '""')),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": tls(CONTENT.replace("camera=()", "camera=*")),
            "wrong case": tls(CONTENT.replace("nosniff", "NoSniff")),
            **{
                f"no {name}": tls(CONTENT.replace(f"add_header {name}", "add_header X-Other"))
                for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy")
            },
            "framed by all": tls(CONTENT.replace("SAMEORIGIN", "ALLOWALL")),
            "whole referrers": tls(CONTENT.replace("strict-origin-when-cross-origin", "unsafe-url")),
            "not for errors": tls(CONTENT.replace("nosniff always", "nosniff")),
            "twice, which browsers ignore": tls(CONTENT + "add_header X-Frame-Options SAMEORIGIN always;"),
        },
        canary=tls(CONTENT.replace("nosniff", CANARY)),
        breaks=('"nosniff" always', '"nosniff"'),
    ),
    "nginx-content-security-policy": cases(
        good={
            "ours": _csp(POLICY),
            "stricter": _csp(POLICY.replace("'self'", "'none'")),
            "in capitals": _csp(POLICY.replace("'self'", "'SELF'")),
            "named hosts": _csp(POLICY + "; script-src 'self' https://js.example.com; img-src * data:"),
            "a certain refusal": tls("ssl_reject_handshake on;"),
        },
        bad={
            "missing": tls(),
            "empty": _csp(""),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": _csp(POLICY.replace("default-src 'self'", "default-src 'self' *")),
            "wrong case": _csp(POLICY + "; script-src 'self' 'Unsafe-Eval'"),
            **{
                f"no {name}": _csp(POLICY.replace(name, "img-src"))
                for name in ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
            },
            "objects from here": _csp(POLICY.replace("object-src 'none'", "object-src 'self'")),
            "forms to nowhere in particular": _csp(POLICY.replace("form-action 'self'", "form-action")),
            "forms to everybody": _csp(POLICY.replace("form-action 'self'", "form-action https:")),
            "framed by everybody": _csp(POLICY.replace("frame-ancestors 'self'", "frame-ancestors *")),
            **{
                f"scripts of everybody, {source}": _csp(POLICY + f"; script-src 'self' {source}")
                for source in ("*", "http:", "https:", "ws:", "wss:", "data:", "blob:", "filesystem:")
            },
            "workers of everybody": _csp(POLICY + "; worker-src *"),
            "scripts of everybody in elements": _csp(POLICY + "; script-src-elem https:"),
            "of two, the first holds": _csp("default-src *; " + POLICY),
            "report only": tls(f'add_header Content-Security-Policy-Report-Only "{POLICY}" always;'),
            "not for errors": tls(f'add_header Content-Security-Policy "{POLICY}";'),
        },
        canary=_csp(f"default-src {CANARY}; {CANARY} 'unsafe-eval'"),
        breaks=("object-src 'none'; ", ""),
    ),
    "nginx-no-inline-scripts": cases(
        good={
            "ours": _csp(POLICY),
            "styles": _csp(POLICY + "; script-src 'self'; style-src 'unsafe-inline'"),
            "report only": tls("add_header Content-Security-Policy-Report-Only \"script-src 'unsafe-inline'\";"),
            "none": tls(),
        },
        bad={
            "mixed list": _csp(POLICY + "; script-src 'self' 'unsafe-inline'"),
            "wrong case": _csp(POLICY + "; Script-Src 'UNSAFE-INLINE'"),
            "elements": _csp(POLICY + "; script-src-elem 'unsafe-inline'"),
            "the next policy": tls(
                f'add_header Content-Security-Policy "{POLICY}"; '
                "location / { add_header content-security-policy \"script-src 'unsafe-inline'\"; }"
            ),
        },
        cannot="missing, empty, ipv6",
        canary=_csp(f"script-src {CANARY} 'unsafe-inline'"),
        breaks=("default-src 'self';", "default-src 'self'; script-src 'self' 'unsafe-inline';"),
    ),
    "nginx-headers-inherited": cases(
        good={
            "inherited": tls("location / { return 204; }", http=HSTS),
            "repeated": tls("add_header strict-transport-security x; add_header A b;", http=HSTS),
            "merged": tls("add_header_inherit merge; location / { add_header A b; }", http=HSTS),
            "nothing above": tls("add_header A b;"),
        },
        bad={
            "mixed list": tls(f"add_header A b; {HSTS} location / {{ add_header A b; }}"),
            "in an if": tls("location / { if ($a) { add_header A b; } }", http=HSTS),
            "in a nested location": tls(f"location / {{ {HSTS} location /a {{ add_header A b; }} }}"),
            "an empty one": tls('add_header A "";', http=HSTS),
            "not inherited": tls("add_header_inherit off;", http=HSTS),
            "merged too late": tls("add_header A b; location / { add_header_inherit merge; }", http=HSTS),
        },
        cannot="missing, empty, ipv6, wrong case",
        canary=tls(f"add_header X-{CANARY} {CANARY};", http=f"add_header {CANARY} b;"),
        breaks=("location @lost {", "location @lost {\nadd_header Cache-Control no-store;"),
    ),
    "nginx-version-hidden": cases(
        good={"off": _plain("server_tokens OFF;"), "not http": "stream { server { listen 80; } }"},
        bad={
            "missing": _plain(""),
            "empty": _plain('server_tokens "";'),
            "mixed list": "http { server_tokens off; server { listen 80; } server { server_tokens on; } }",
            "wrong case": _plain("server_tokens ON;"),
            "built by": _plain("server_tokens build;"),
        },
        cannot="ipv6",
        canary=_plain(f"server_tokens {CANARY};"),
        breaks=("    server_tokens off;\n", ""),
    ),
    "nginx-upstream-headers-hidden": cases(
        good={
            "above": proxy(http=HIDDEN),
            "nginx's own too": proxy(http=HIDDEN + HSTS + "proxy_hide_header strict-transport-security;"),
            "nothing handed on": tls(HSTS),
        },
        bad={
            "missing": proxy(),
            "empty": proxy("proxy_hide_header;"),
            "mixed list": proxy(
                http=f"{HIDDEN} server {{ location / {{ proxy_pass http://b; proxy_hide_header A; }} }}"
            ),
            **{
                f"nginx's own {name}": proxy(http=f"{HIDDEN} add_header {name} a;")
                for name in (
                    "Content-Security-Policy",
                    "X-Frame-Options",
                    "X-Content-Type-Options",
                    "Referrer-Policy",
                    "Permissions-Policy",
                    "Strict-Transport-Security",
                )
            },
            "nginx's own, below": proxy(HSTS, http=HIDDEN),
            "in an if": proxy("if ($a) { proxy_pass http://c; proxy_hide_header A; }", http=HIDDEN),
        },
        cannot="ipv6, wrong case",
        canary=proxy(f"proxy_hide_header {CANARY};"),
        breaks=("    proxy_hide_header X-Powered-By;\n", ""),
    ),
    "nginx-plain-http-redirects": cases(
        good={
            "all": _plain(LEADS),
            "with the authority's": _plain(
                f"location ^~ /.well-known/acme-challenge/ {{ root /a; location /.well-known/acme-challenge/b {{ }} }}"
                f"location / {{ {LEADS} }} location /api/ {{ return 403 no; }}"
            ),
            **{code: _plain(f"return {code} HTTPS://a/;") for code in ("301", "302", "303", "307", "308")},
            "302 without its number": _plain("return https://example.com/;"),
            "a range of other ports": _plain("location / { }", listen="78-79"),
            "an upstream's server": "http { upstream a { server b; } }",
            "another port": _plain("location / { }", listen="8080"),
            "this machine": _plain("location / { }", listen="127.0.0.1:80"),
            "TLS on 80": _plain("location / { }", listen="80 ssl"),
            "the default server, which another rule judges": _plain("", listen="80 default_server"),
            "stream": "stream { server { listen 80; } }",
        },
        bad={
            "missing": _plain(""),
            "empty": _plain("location / { }"),
            "ipv6": _plain("location / { }", listen="[::]:80"),
            "mixed list": _plain(f"location / {{ {LEADS} }} location /api/ {{ proxy_pass http://backend; }}"),
            "wrong case": _plain("location / { return 301 HTTP://$host$request_uri; }"),
            "no listen, which is port 80": f"http {{ server {{ location / {{ }} }} server {{ {LEADS} }} }}",
            "an address without a port": _plain("location / { }", listen="203.0.113.1"),
            "a range of ports": _plain("location / { }", listen="79-81"),
            "beside TLS": "http { server { listen 443 ssl; listen 80; location / { } } }",
            "behind those that are good": "http { server { listen 81; } "
            f"server {{ listen 80; {LEADS} }} server {{ listen 80; server_name a; }} }}",
            "nowhere": _plain("return;"),
            "a redirect to nowhere": _plain("return 301;"),
            "a path like the authority's, returned": _plain("return /.well-known/acme-challenge/a;"),
            "no location /": _plain(f"location = / {{ {LEADS} }}"),
            "back to http": _plain("return 301 http://$host$request_uri;"),
            "the visitor's scheme": _plain("return 301 $scheme://$host$request_uri;"),
            "a path": _plain("return 301 /a;"),
            "an answer": _plain("return 200 https://a;"),
            "an answer before": _plain(f"if ($a) {{ return 200; }} {LEADS}"),
            "a rewrite": _plain("rewrite ^ https://$host$request_uri? permanent;"),
            "a path like the authority's": _plain(
                f"location / {{ {LEADS} }} location ~ /.well-known/acme-challenge {{ root /a; }}"
            ),
            "below a good one": _plain(f"location / {{ {LEADS} location /a/ {{ root /a; }} }}"),
        },
        canary=_plain(f"return 200 {CANARY};"),
        breaks=("return 301 https://$host$request_uri;", "proxy_pass http://frontend;"),
    ),
    "nginx-unknown-names-refused": cases(
        good={
            "421": _default("return 421;"),
            "closed": _default("return 444;"),
            "TLS": tls(http="server { listen 443 ssl default_server; ssl_reject_handshake ON; }"),
            "TLS, after the handshake": tls(http="server { listen 443 ssl default_server; return 421; }"),
            "this machine": "http { server { listen 127.0.0.1:80; listen [::1]:80; listen unix:/a; "
            "listen localhost:81; listen [::ffff:127.0.0.1]:82; } }",
            "one address in two forms": _default("return 421;", listen="0.0.0.0:80 default_server"),
            "both kinds": _plain("return 444;", listen="80 default_server; listen [::]:443 ssl default_server"),
            "stream": "stream { server { listen 80; } }",
        },
        bad={
            "missing": "http { server { listen 80; } }",
            "empty": _default(""),
            "behind this machine's": "http { server { listen 127.0.0.1:80; listen 80; } }",
            "ipv6": _default("return 421;", more="server { listen [::]:80; }"),
            "mixed list": _default("return 421;", more="server { listen 443 ssl; server_name a; }"),
            "wrong case": _default("return 421;", listen="80 Default_Server"),
            "serves": _default("location / { return 421; }"),
            "redirects": _default(LEADS),
            "answers before": _default("if ($a) { return 200; } return 421;"),
            "refuses TLS only": "http { server { listen 80 default_server; listen 443 ssl default_server; "
            "ssl_reject_handshake on; } }",
            "shakes hands": tls(http="server { listen 443 ssl default_server; ssl_reject_handshake off; }"),
            "an address of its own": _default("return 421;", more="server { listen 203.0.113.1:80; }"),
            "quic": tls(
                http="server { listen 443 ssl default_server; ssl_reject_handshake on; } server { listen 443 quic; }"
            ),
        },
        canary=_default(f"return 200 {CANARY};"),
        breaks=("listen 443 ssl default_server;", "listen 443 ssl;"),
    ),
    "nginx-alias-closed": cases(
        good={
            "both slashes": _plain("location /a/ { alias /data/; }"),
            "a single file": _plain("location = /a { alias /data/a; }"),
            "a pattern": _plain("location ~ ^/a/([a-z]+)$ { alias /data/$1; }"),
            "a pattern in any case": _plain("location ~* ^/a/([a-z]+)$ { alias /data/$1; }"),
        },
        bad={
            "missing": _plain("location /a { alias /data/; }"),
            "empty": _plain('location /a/ { alias ""; }'),
            "mixed list": _plain("location = /a { alias /data/a; } location /b { alias /data/; }"),
            "no slash behind the alias": _plain("location /a/ { alias /data; }"),
            "neither": _plain("location /a { alias /data; }"),
            "before patterns": _plain("location ^~ /a { alias /data/; }"),
            "nested": _plain("location / { location /a { alias /data/; } }"),
        },
        cannot="ipv6, wrong case",
        canary=_plain(f"location /{CANARY} {{ alias /{CANARY}/; }}"),
        breaks=(
            "location /.well-known/acme-challenge/ {\n            root /etc/neurmatic/acme;",
            "location /.well-known/acme-challenge {\n            alias /etc/neurmatic/acme/;",
        ),
    ),
    "nginx-no-decoded-path": cases(
        good={
            "as it came": _plain(LEADS),
            "files": _plain("location / { try_files $uri =404; }"),
            "other words": _plain("set $a b; return 301 https://$host/$a;"),
            "a longer name": _plain("return 301 https://a$uri_of_ours;"),
            "the pattern of a rewrite": _plain("rewrite ^/$uri /a last;"),
        },
        bad={
            "mixed list": _plain(f"location /a/ {{ {LEADS} }} location / {{ return 301 https://$host$uri; }}"),
            "wrong case": _plain("return 301 https://$host$URI;"),
            "in braces": _plain("return 301 https://$host${uri};"),
            "by its other name": _plain("return 301 https://$host$document_uri;"),
            "rewritten": _plain("rewrite ^ https://$host$uri permanent;"),
            "a header": _plain("add_header X-Path $uri;"),
            "a header to the upstream": proxy("proxy_set_header X-Path $uri;"),
            "handed on": _plain("location / { proxy_pass http://backend$uri; }"),
            "copied": _plain("set $a $uri; set $b /x$a; return 301 https://$host$b;"),
            "copied in another case": _plain("set $Path $uri; return 301 https://$host$path;"),
            "by a table": "http { map $a $b { default $uri; } server { return 301 https://$host$b; } }",
        },
        cannot="missing, empty, ipv6",
        canary=_plain(f"return 301 https://{CANARY}$uri;"),
        breaks=("https://$host$request_uri", "https://$host$uri"),
    ),
    "nginx-no-directory-listings": cases(
        good={"the default": _plain(""), "off": _plain("autoindex Off;")},
        bad={
            "mixed list": _plain("location / { autoindex on; }").replace("http {", "http { autoindex off;"),
            "wrong case": _plain("autoindex ON;"),
        },
        cannot="missing, empty, ipv6",
        canary=_plain(f"autoindex {CANARY};"),
        breaks=("root /etc/neurmatic/acme;", "root /etc/neurmatic/acme; autoindex on;"),
    ),
}
