"""Cases of the rules for TLS at nginx."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import CANARY, Cases, of
from tests.policies.cases.nginx import COMMAND, cases, holding, ours, tls

CONFIG = "docker:index/serviceConfig:ServiceConfig"
CONTAINER = "docker:index/container:Container"
PROTOCOLS = "ssl_protocols TLSv1.2 TLSv1.3;"
CIPHER = "ECDHE-RSA-AES128-GCM-SHA256"
SIX = ":".join(
    f"ECDHE-{key}-{cipher}"
    for key in ("ECDSA", "RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
)
SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
WHOLE = "http { server { listen 80; } }"
BROKEN = "http { server { listen 80; }"


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


CASES: dict[str, Cases] = {
    "nginx-configuration-readable": Cases(
        good={
            "a whole one": holding(WHOLE),
            "a part": holding("server { listen 80; }"),
            "comments, quotes, code": holding(
                "http { # }\n map $a $b { default '}'; # here\n } content_by_lua_block { if a then b = {} end } }"
            ),
            "another command's input": [
                of(COMMAND, name="other", create="cat", stdin=UNKNOWN),
                of(CONFIG, name="other-config", data=UNKNOWN),
                of(CONTAINER, name="box", image="redis", uploads=[{"file": "/a", "content": UNKNOWN}, {"file": "/b"}]),
                of(CONTAINER, name="bare", image="redis"),
                of(COMMAND, name="password", create="cat", stdin="requirepass ssl_protocols"),
                *holding(WHOLE),
            ],
        },
        bad={
            "missing": holding(BROKEN),
            "mixed list": [
                of(CONTAINER, uploads=[{"file": "/a", "content": WHOLE}, {"file": "/b", "content": BROKEN}]),
            ],
            "no semicolon before a brace": holding("http { ssl_protocols TLSv1.2 }"),
            "behind one that nobody knows": [
                of(CONTAINER, image="web", uploads=[{"file": "/a", "content": UNKNOWN}, {"content": BROKEN}]),
            ],
            "behind a comment": holding("http { # here\n user a }"),
            "a semicolon in quotes": holding("http { user ';' }"),
            "no semicolon at the end": holding("add_header X-Frame-Options DENY"),
            "a brace too many": holding(WHOLE + "}"),
            "name in quotes, comment before the brace": holding('"http" # here\n { server {'),
            "on one line with other things": holding("events {} http { server {"),
            "a part of one, upstream": holding("upstream backend {"),
            "a part of one, location": holding("location / {"),
            "a part of one, proxy_pass": holding("proxy_pass http://backend"),
            "stream": holding("stream {"),
            "a command of this machine": [of("command:local:Command", create="cat", stdin=BROKEN)],
            "swarm's config": [of(CONFIG, dataRaw=BROKEN)],
            "swarm's config, encoded": [of(CONFIG, data=urlsafe_b64encode(BROKEN.encode()).decode())],
            "an upload, encoded": [of(CONTAINER, uploads=[{"file": "/a", "contentBase64": _encoded(BROKEN)}])],
        },
        cannot=frozenset({"empty", "ipv6", "wrong case"}),
        unknown={
            "stdin": [of(COMMAND, create="nginx -t", stdin=UNKNOWN)],
            "stdin, by its update": [of(COMMAND, create="cat", update="NGINX=1", stdin=UNKNOWN)],
            "stdin, by its name": [of(COMMAND, name="nginx-configuration", create="cat", stdin=UNKNOWN)],
            "stdin and script": [of(COMMAND, create=UNKNOWN, stdin=UNKNOWN)],
            "config": [of(CONFIG, name="nginx", dataRaw=UNKNOWN)],
            "config, encoded": [of(CONFIG, name="nginx", data=UNKNOWN)],
            "upload, by the image": [of(CONTAINER, image="nginx:1.30", uploads=[{"file": "/a", "content": UNKNOWN}])],
            "upload, by its path": [
                of(CONTAINER, image="web", uploads=[{"file": "/etc/nginx/nginx.conf", "content": UNKNOWN}])
            ],
            "uploads": [of(CONTAINER, image="nginx:1.30", uploads=UNKNOWN)],
        },
        canary=holding(f"http {{ {CANARY}"),
        breaks=ours("server_tokens off;", "server_tokens off; }"),
    ),
    "nginx-minimum-tls": cases(
        good={
            "both": tls(http=PROTOCOLS),
            "1.3 alone": tls(http="ssl_protocols TLSv1.3;"),
            "in the server": tls(PROTOCOLS),
            "no TLS": "http { server { listen 80; } }",
            "a part": f"server {{ listen 443 ssl; {PROTOCOLS} }}",
            "another command of OpenSSL": tls(f"{PROTOCOLS} ssl_conf_command RecordPadding 512;"),
            **{
                f"a word in a table, {table}": tls(http=f"{PROTOCOLS} {table} {{ ssl_protocols TLSv1; }}")
                for table in ("map $a $b", "geo $b", "split_clients $a $b", "types", "charset_map a b")
            },
        },
        bad={
            "missing": tls(),
            "empty": tls("ssl_protocols;"),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": tls(http=PROTOCOLS.replace("TLSv1.2", "TLSv1.2 TLSv1.1")),
            "wrong case": tls("ssl_protocols TLSV1.1;"),
            **{old: tls(f"ssl_protocols {old};") for old in ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "$chosen")},
            "quic": tls(listen="443 quic"),
            "the old directive": tls("ssl on;", listen="443"),
            "the old directive above": tls(http="ssl On;", listen="443"),
            "the socket's other server says ssl": (
                f"http {{ server {{ listen 443 ssl; {PROTOCOLS} }} server {{ listen *:443; server_name a; }} }}"
            ),
            "the next server": f"http {{ server {{ {PROTOCOLS} listen 443 ssl; }} server {{ listen 444 ssl; }} }}",
            "stream": "stream { server { listen 443 ssl; } }",
            "mail": "mail { server { listen 993 ssl; } }",
            "below a right one": tls("location / { ssl_protocols TLSv1; }", http=PROTOCOLS),
            "a part": "ssl_protocols TLSv1;\n",
            "behind the directive's back": tls(
                f"{PROTOCOLS} ssl_conf_command RecordPadding 512; ssl_conf_command minprotocol TLSv1;"
            ),
            **{
                f"by {name}": tls(f"{PROTOCOLS} ssl_conf_command {name} TLSv1;") for name in ("Protocol", "MaxProtocol")
            },
            "OpenSSL's options": tls(f"{PROTOCOLS} ssl_conf_command Options UnsafeLegacyRenegotiation;"),
            "a certain refusal": tls("ssl_reject_handshake on;"),
        },
        canary=tls(f"ssl_protocols TLSv1.2 {CANARY};"),
        breaks=("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2 TLSv1.3"),
    ),
    "nginx-tls-ciphers": cases(
        good={
            "the six": tls(http=f"ssl_ciphers {SIX};"),
            "one of the six": tls(http=f"ssl_ciphers {CIPHER};"),
            "TLS 1.3 needs none": tls("ssl_protocols TLSv1.3;"),
            "suites of TLS 1.3": tls(f"ssl_ciphers {CIPHER}; ssl_conf_command Ciphersuites {SUITES};"),
        },
        bad={
            "missing": tls(),
            "empty": tls('ssl_ciphers "";'),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": tls(f"ssl_ciphers {CIPHER}:AES128-SHA;"),
            "wrong case": tls(f"ssl_ciphers {CIPHER.lower()};"),
            "DHE": tls("ssl_ciphers DHE-RSA-AES128-GCM-SHA256;"),
            "a group of ciphers": tls("ssl_ciphers HIGH:!aNULL;"),
            "other separators": tls(f'ssl_ciphers "{CIPHER},RC4-SHA";'),
            "both versions, none set": tls(PROTOCOLS),
            "below a right one": f"http {{ ssl_ciphers {CIPHER}; server {{ ssl_ciphers DEFAULT; }} }}",
            "the next server": tls(f"ssl_ciphers {CIPHER}; }} server {{ listen 444 ssl;"),
            "behind the directive's back": tls(f"ssl_ciphers {CIPHER}; ssl_conf_command CipherString ALL;"),
            "a suite of TLS 1.3": tls(
                f"ssl_ciphers {CIPHER}; ssl_conf_command Ciphersuites {SUITES};"
                f"ssl_conf_command Ciphersuites {SUITES}:TLS_AES_128_CCM_8_SHA256;"
            ),
        },
        canary=tls(f"ssl_ciphers {CANARY};"),
        breaks=("ECDHE-RSA-CHACHA20-POLY1305;", "ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256;"),
    ),
    "nginx-cipher-order-of-clients": cases(
        good={"off": tls("ssl_prefer_server_ciphers Off;"), "the default": tls()},
        bad={
            "mixed list": tls("ssl_prefer_server_ciphers on;", http="ssl_prefer_server_ciphers off;"),
            "wrong case": tls("ssl_prefer_server_ciphers ON;"),
        },
        cannot="missing, empty, ipv6",
        canary=tls(f"ssl_prefer_server_ciphers {CANARY};"),
        breaks=("ssl_prefer_server_ciphers off;", "ssl_prefer_server_ciphers on;"),
    ),
    "nginx-key-exchange-groups": cases(
        good={
            "the default": tls(),
            "OpenSSL's choice": tls("ssl_ecdh_curve auto;"),
            "Mozilla's": tls("ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;"),
            "one that OpenSSL may not know": tls("ssl_ecdh_curve ?X25519MLKEM768:X25519;"),
        },
        bad={
            "empty": tls('ssl_ecdh_curve "";'),
            "mixed list": tls("ssl_ecdh_curve X25519:secp521r1;"),
            "wrong case": tls("ssl_ecdh_curve x25519;"),
            "auto among others": tls("ssl_ecdh_curve X25519:auto;"),
            "behind the directive's back": tls("ssl_ecdh_curve X25519; ssl_conf_command Groups P-521;"),
            "by its old name": tls("ssl_conf_command Curves P-521;"),
        },
        cannot="missing, ipv6",
        canary=tls(f"ssl_ecdh_curve {CANARY};"),
        breaks=("ssl_session_tickets off;", "ssl_session_tickets off; ssl_ecdh_curve secp521r1;"),
    ),
    "nginx-no-static-stapling": cases(
        good={"none": tls(), "off": tls("ssl_stapling Off;"), "included": tls("include /etc/nginx/stapling.conf;")},
        bad={
            "mixed list": tls("ssl_stapling on;", http="ssl_stapling off;"),
            "wrong case": tls(http="ssl_stapling ON;"),
        },
        cannot="missing, empty, ipv6",
        canary=tls(f"ssl_stapling {CANARY};"),
        breaks=("ssl_session_tickets off;", "ssl_session_tickets off; ssl_stapling on;"),
    ),
    "nginx-session-tickets-off": cases(
        good={"off": tls(http="ssl_session_tickets OFF;"), "no TLS": "http { server { listen 80; } }"},
        bad={
            "missing": tls(),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": tls("ssl_session_tickets on;", http="ssl_session_tickets off;"),
            "wrong case": tls("ssl_session_tickets ON;"),
            "stream": "stream { server { listen 443 ssl; } }",
            "the next server": tls("ssl_session_tickets off; } server { listen 444 ssl;"),
        },
        cannot="empty",
        canary=tls(f"ssl_session_tickets {CANARY};"),
        breaks=("    ssl_session_tickets off;\n", ""),
    ),
    "nginx-certificates-set": cases(
        good={
            "above": tls(http="ssl_certificate /a; ssl_certificate_key /b;"),
            "a certain refusal": tls("ssl_reject_handshake on;"),
        },
        bad={
            "missing": tls(),
            "empty": tls('ssl_certificate ""; ssl_certificate_key "";'),
            "ipv6": tls(listen="[::]:443 ssl"),
            "mixed list": "http { server { listen 443 ssl; ssl_certificate /a; ssl_certificate_key /b; } "
            "server { listen 443 ssl; server_name b; } }",
            "no key": tls("ssl_certificate /a;"),
            "no certificate": tls("ssl_certificate_key /b;"),
            "the key itself": tls("ssl_certificate /a; ssl_certificate_key data:$key;", http="ssl_certificate_key /b;"),
            "a refusal that is off": tls("ssl_reject_handshake off;"),
        },
        cannot="wrong case",
        canary=tls(f'ssl_certificate /a; ssl_certificate_key "data:{CANARY}";'),
        breaks=("    ssl_certificate_key /etc/neurmatic/ssl/production/privkey.pem;\n", ""),
    ),
    "nginx-client-certificates-verified": cases(
        good={
            "on": tls("ssl_verify_client on;", http="ssl_client_certificate /a;"),
            "off": tls("ssl_verify_client OFF;"),
            "not asked": tls(),
        },
        bad={
            "missing": tls("ssl_verify_client on;"),
            "empty": tls('ssl_verify_client on; ssl_client_certificate "";'),
            "mixed list": tls(
                "ssl_verify_client optional_no_ca;", http="ssl_verify_client on; ssl_client_certificate /a;"
            ),
            "wrong case": tls("ssl_verify_client Optional_No_CA;"),
            "optional": tls("ssl_verify_client optional; ssl_client_certificate /a;"),
        },
        cannot="ipv6",
        canary=tls(f"ssl_verify_client {CANARY};"),
        # Where nobody is answered, so that the rule for clients' certificates at the edge has nothing to say.
        breaks=("ssl_reject_handshake on;", "ssl_reject_handshake on; ssl_verify_client optional_no_ca;"),
    ),
}

CASES["nginx-minimum-tls"].bad["an upload beside a good one"] = [
    of(CONTAINER, uploads=[{"content": tls(PROTOCOLS)}, {"content": tls()}])
]
