"""Cases of the rules for whom nginx believes and to whom it hands requests on."""

from __future__ import annotations

from tests.policies.cases.cases import CANARY, Cases
from tests.policies.cases.nginx import cases, proxy

IDENTITY = (
    "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
    "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;"
)
KEPT = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'
CACHED = (
    "proxy_cache a; proxy_cache_bypass $http_authorization $http_cookie;"
    "proxy_no_cache $http_cookie $http_authorization; proxy_cache_key $scheme$host$request_uri;"
)
BOUNDED = "client_max_body_size 10m; proxy_connect_timeout 1s; proxy_read_timeout 1m;"


def _believing(*networks: str, header: str = "CF-Connecting-IP") -> str:
    return f"http {{ real_ip_header {header}; {' '.join(f'set_real_ip_from {each};' for each in networks)} }}"


def _to(target: str, *, http: str = "") -> str:
    return f"http {{ {http} server {{ location / {{ proxy_pass {target}; }} }} }}"


def _upstream(inside: str, *, http: str = "") -> str:
    return f"http {{ {http} upstream backend {{ {inside} }} }}"


def _kept(upstream: str = "keepalive 64;", *, location: str = "", http: str = KEPT) -> str:
    return proxy(location, http=f"upstream backend {{ server a; {upstream} }} {http}")


def _resolver(addresses: str) -> str:
    return f"http {{ resolver {addresses}; server {{ listen 80; }} }}"


CASES: dict[str, Cases] = {
    "nginx-proxied-identity": cases(
        good={
            "above": proxy(http=IDENTITY),
            "headers in small letters": proxy(IDENTITY.replace("X-Real-IP", "x-real-ip")),
            "nothing handed on": "http { server { listen 80; } }",
            "stream": "stream { server { listen 80; proxy_pass backend; } }",
        },
        bad={
            "missing": proxy(),
            "empty": proxy(IDENTITY.replace("$host", '""')),
            "mixed list": proxy("proxy_set_header Connection close;", http=IDENTITY),
            **{
                f"no {name}": proxy(IDENTITY.replace(name, "X-Other"))
                for name in ("Host", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto")
            },
            "what the visitor sent": proxy(IDENTITY.replace("$host", "$http_host")),
            "the visitor's list": proxy(
                IDENTITY.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")
            ),
            "the upstream's name": proxy(IDENTITY.replace("$host", "$proxy_host")),
            "twice": proxy(IDENTITY + "proxy_set_header X-Real-IP $http_x_real_ip;"),
            "in an if": proxy("if ($a) { proxy_set_header A b; proxy_pass http://c; }", http=IDENTITY),
        },
        cannot="ipv6, wrong case",
        canary=proxy(IDENTITY.replace("$host", CANARY)),
        breaks=("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for"),
    ),
    "nginx-real-ip-networks": cases(
        good={
            "networks": _believing("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1", "unix:", "::ffff:10.0.0.0/104"),
            "none": "http { server { listen 80; } }",
        },
        bad={
            "empty": _believing('""'),
            "ipv6": _believing("::/0"),
            "mixed list": _believing("unix:", "192.0.2.0/24", "0.0.0.0/0"),
            "half of all": _believing("128.0.0.0/1"),
            "host bits set": _believing("1.2.3.4/0"),
            "a wide network of ipv6": _believing("2000::/3"),
            "ipv4 in ipv6": _believing("::ffff:0.0.0.0/96"),
            "a name": _believing("proxy.example.com"),
            "in a server": "http { server { set_real_ip_from 0.0.0.0/0; } }",
            "stream": "stream { server { set_real_ip_from ::/0; } }",
        },
        cannot="missing, wrong case",
        canary=_believing(CANARY),
        breaks=("set_real_ip_from 198.51.100.0/24;", "set_real_ip_from 0.0.0.0/0;"),
    ),
    "nginx-real-ip-header": cases(
        good={
            "Cloudflare's": _believing("192.0.2.0/24"),
            "the protocol's": _believing("192.0.2.0/24", header="proxy_protocol"),
            "header in small letters": _believing("192.0.2.0/24", header="cf-connecting-ip"),
            "nobody is believed": "http { real_ip_header X-Forwarded-For; }",
            "stream": "stream { server { set_real_ip_from 192.0.2.0/24; } }",
        },
        bad={
            "missing": "http { set_real_ip_from 192.0.2.0/24; }",
            "empty": _believing("192.0.2.0/24", header='""'),
            "mixed list": _believing("192.0.2.0/24")[:-1] + "server { real_ip_header X-Real-IP; } }",
            "the visitor's list": _believing("192.0.2.0/24", header="X-Forwarded-For"),
            "the visitor's list, recursively": _believing("192.0.2.0/24", header="X-Forwarded-For")[:-1]
            + "real_ip_recursive on; }",
            "believed in a server": "http { real_ip_header X-Real-IP; server { set_real_ip_from 192.0.2.0/24; } }",
        },
        cannot="ipv6, wrong case",
        canary=_believing("192.0.2.0/24", header=CANARY),
        breaks=("real_ip_header CF-Connecting-IP;", "real_ip_header X-Forwarded-For;"),
    ),
    "nginx-upstream-not-chosen-by-request": cases(
        good={
            "an upstream": _to("http://backend"),
            "with a path": _to("http://backend/a$is_args$args"),
            "with the path that came": _to("http://backend$request_uri"),
            "the visitor's scheme": _to("$scheme://backend"),
            "the server's name": _to("http://$server_name"),
            "set": _to("http://$b", http="map $uri $a { default a; /b b; }").replace(
                "location / {", "location / { set $b $a;"
            ),
            "a socket": _to("http://unix:/run/a.sock"),
        },
        bad={
            "mixed list": proxy("location /a { proxy_pass http://$host; }"),
            "wrong case": _to("http://$HOST"),
            "a header": _to("http://$http_x_to"),
            "an argument": _to("$arg_to"),
            "an argument as the scheme": _to("$arg_to://backend"),
            "the port": _to("http://backend:$arg_port"),
            "in braces": _to("http://${arg_to}/"),
            "a part of the pattern": "http { server { location ~ ^/(.*)$ { proxy_pass http://$1; } } }",
            "set from the request": _to("http://$a").replace("location / {", "location / { set $a x; set $a $arg_a;"),
            "a table with the request's words": _to("http://$a", http="map $uri $a { default a; /b $arg_b; }"),
            "a table that is elsewhere": _to("http://$a", http="map $uri $a { include /b; }"),
            "the name in the handshake": "stream { server { proxy_pass $ssl_preread_server_name:443; } }",
            **{
                name: f"http {{ server {{ location / {{ {name} $host:9000; }} }} }}"
                for name in ("fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
            },
            "a path-like end": _to("http://backend.$host$request_uri"),
        },
        cannot="missing, empty, ipv6",
        canary=_to(f"http://{CANARY}.$host"),
        breaks=(
            "        location @frontend {\n            proxy_pass http://frontend;",
            "        location @frontend {\n            proxy_pass http://$host;",
        ),
    ),
    "nginx-upstream-failures": cases(
        good={
            "ours": _upstream(
                "server a max_fails=1 fail_timeout=30s backup; server unix:/a fail_timeout=1m max_fails=3;"
            )
        },
        bad={
            "missing": _upstream("server a;"),
            "empty": _upstream("zone a 64k;"),
            "mixed list": _upstream("server a max_fails=1 fail_timeout=30s; server b max_fails=1;"),
            "switched off": _upstream("server a max_fails=0 fail_timeout=30s;"),
            "no time": _upstream("server a max_fails=1 fail_timeout=0s;"),
            "no value": _upstream("server a max_fails= fail_timeout=10s;"),
            "stream": "stream { upstream backend { server a:1; } }",
            "the next upstream": _upstream("server a max_fails=1 fail_timeout=1s; } upstream b { server a;"),
        },
        cannot="ipv6, wrong case",
        canary=_upstream(f"server {CANARY};"),
        breaks=("server frontend:80 resolve max_fails=3", "server frontend:80 resolve max_fails=0"),
    ),
    "nginx-upstream-resolves": cases(
        good={
            "both": _upstream("zone a 64k; server a resolve;", http="resolver 127.0.0.11;"),
            "a resolver of its own": _upstream("zone a 64k; server a resolve; resolver 127.0.0.11;"),
            "fixed": _upstream("server a;"),
        },
        bad={
            "missing": _upstream("server a resolve;", http="resolver 127.0.0.11;"),
            "mixed list": _upstream("server a; server b resolve;", http="resolver 127.0.0.11;"),
            "no resolver": _upstream("zone a 64k; server a resolve;"),
            "the next one's zone": _upstream(
                "zone a 64k; server a; } upstream b { server b resolve;", http="resolver ::1;"
            ),
        },
        cannot="empty, ipv6, wrong case",
        canary=_upstream(f"server {CANARY} resolve;"),
        breaks=("        zone backend 128k;\n", ""),
    ),
    "nginx-upstream-keepalive": cases(
        good={
            "above": _kept(),
            "http/2": _kept(http=KEPT.replace("1.1", "2")),
            "no upstream": proxy(),
            "a WebSocket": _kept(
                location="proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;"
                "proxy_set_header Connection upgrade;"
            ),
            "all headers lost, which another rule tells": _kept(location="proxy_set_header A b;"),
            "stream": "stream { upstream backend { server a:1; } }",
        },
        bad={
            "missing": _kept(""),
            "empty": _kept("keepalive 0;"),
            "mixed list": _kept("keepalive 64; } upstream b { server b;"),
            "another version": _kept(http=KEPT.replace("1.1", "1.0")),
            "the default version": _kept(http=KEPT.replace("proxy_http_version 1.1;", "")),
            "behind one that is no upstream": _kept(
                location="} location /a { proxy_pass http://b; } location /c { proxy_pass http://BACKEND; "
                "proxy_http_version 1.0;",
            ),
            "closed": _kept(http=KEPT.replace('""', "close")),
            "the default header": _kept(http="proxy_http_version 1.1;"),
            "no such header": _kept(http="proxy_http_version 1.1; proxy_set_header Host $host;"),
            "with a path": _kept(http="").replace("http://backend;", "http://backend/a/;"),
        },
        cannot="ipv6, wrong case",
        canary=_kept(http=f"proxy_http_version {CANARY};"),
        breaks=('    proxy_set_header Connection "";\n', ""),
    ),
    "nginx-resolver-local": cases(
        good={
            "Docker's": _resolver("127.0.0.11 valid=1s ipv6=off"),
            "private ones": _resolver(
                "10.0.0.2:53 172.16.0.1 192.168.1.1 169.254.169.253 [::1]:5353 [fd00::1] [fe80::1] [::ffff:10.0.0.1]"
            ),
            "none": "http { server { listen 80; } }",
        },
        bad={
            "missing": "http { resolver; }",
            "empty": _resolver('""'),
            "ipv6": _resolver("[2606:4700:4700::1111]"),
            "mixed list": _resolver("127.0.0.11 1.1.1.1"),
            "with a port": _resolver("8.8.8.8:53"),
            "nowhere": _resolver("0.0.0.0"),  # noqa: S104  refused
            "beside the private ones": _resolver("172.32.0.1"),
            "ipv4 in ipv6": _resolver("[::ffff:8.8.8.8]"),
            "a name": _resolver("dns.example.com"),
            "in a location": "http { resolver 127.0.0.1; server { location / { resolver 9.9.9.9; } } }",
        },
        cannot="wrong case",
        canary=_resolver(CANARY),
        breaks=("resolver 127.0.0.11 ", "resolver 1.1.1.1 "),
    ),
    "nginx-cache-impersonal": cases(
        good={
            "all": proxy(CACHED),
            "above": proxy(http=CACHED),
            "off": proxy("proxy_cache Off;"),
            "none": proxy(),
        },
        bad={
            "missing": proxy("proxy_cache a;"),
            "empty": proxy(CACHED.replace("$http_authorization $http_cookie", '""')),
            "mixed list": proxy(CACHED.replace("$http_authorization $http_cookie", "$http_authorization")),
            "cookies forgotten": proxy(CACHED.replace("$http_authorization $http_cookie", "$http_cookie")),
            "the next location": proxy("} location /a { proxy_pass http://b; proxy_cache a;"),
            "stored all the same": proxy(CACHED.replace("proxy_no_cache", "proxy_cache_valid")),
            "one name's for another": proxy(CACHED.replace("$host", "$proxy_host")),
            "one scheme's for another": proxy(CACHED.replace("$scheme", "")),
            "the default key": proxy(CACHED.replace("proxy_cache_key", "proxy_cache_valid")),
            "chosen by a variable": proxy("proxy_cache $cache;"),
            "lost below": proxy("proxy_cache_bypass $arg_new;", http=CACHED),
        },
        cannot="ipv6, wrong case",
        canary=proxy(f"proxy_cache {CANARY};"),
        breaks=("error_page 502 504 = $frontend_again;", "error_page 502 504 = $frontend_again; proxy_cache pages;"),
    ),
    "nginx-request-limits": cases(
        good={"above": proxy(http=BOUNDED), "in the location": proxy(BOUNDED, http="client_max_body_size 1g;")},
        bad={
            "missing": proxy(),
            "empty": proxy(http=BOUNDED.replace("10m", '""')),
            "mixed list": proxy("} location /a { proxy_pass http://b; proxy_read_timeout 0;", http=BOUNDED),
            "no limit": proxy(http=BOUNDED.replace("10m", "0m")),
            "no time to connect": proxy(http=BOUNDED.replace("proxy_connect_timeout 1s;", "")),
            "for one server only": f"http {{ server {{ {BOUNDED} }} server {{ listen 81; }} }}",
        },
        cannot="ipv6, wrong case",
        canary=proxy(http=f"proxy_read_timeout 0; proxy_bind {CANARY};"),
        breaks=("    client_max_body_size 10m;\n", ""),
    ),
}
