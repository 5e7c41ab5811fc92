"""What Cloudflare answers itself: files that change with releases only, and the name that points to another."""

from components.component import Component
from components.dns import Dns
from components.expressions import CHALLENGE, PATH, all_of, any_of, begins, one_of, quoted
from components.ruleset import Rule, rule, ruleset
from settings import EdgeSettings, host_names

# What a build of the pages consists of, by the ends of its names.
_STATIC = (
    *("css", "js", "mjs", "map", "wasm", "woff", "woff2", "ttf", "otf", "eot"),
    *("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"),
)
_API = begins(PATH, ["/api/"])
_AUTHORIZED = f"any(http.request.headers.names[*] eq {quoted('authorization')})"
_COOKIE = "http.cookie"
# Cloudflare's number for no-store.
_NOT_KEPT = -1


class Cdn(Component):
    """The cache and its exceptions, and `www`, which leads to the apex."""

    def __init__(self, settings: EdgeSettings, *, domain: str, dns: Dns) -> None:
        super().__init__(providers=[dns.provider])
        ruleset(
            "cdn-cache",
            "http_request_cache_settings",
            "What is kept, and for how long",
            cache_rules(settings.static_cache_seconds),
            dns=dns,
            component=self,
        )
        ruleset(
            "cdn-redirects",
            "http_request_dynamic_redirect",
            "Names that lead to others",
            [
                rule(
                    "cdn-redirect-www",
                    "www leads to the apex",
                    f"http.host eq {quoted(host_names(domain)['www'])}",
                    "redirect",
                    {
                        "from_value": {
                            "status_code": 301,
                            "target_url": {"expression": f"concat({quoted(f'https://{domain}')}, {PATH})"},
                            "preserve_query_string": True,
                        }
                    },
                )
            ],
            dns=dns,
            component=self,
        )


def cache_rules(static_seconds: int) -> list[Rule]:
    """Return the rules; of those that fit a request, the last one wins.

    Only the API knows its visitors: what the pages are made of is the same for all, whatever cookies a request brings,
    and Cloudflare takes cookies off an answer that it keeps by a time of ours. Answers of the API that set one are not
    kept at all.
    """
    static = all_of([f"not {_API}", one_of(f"{PATH}.extension", _STATIC)])
    return [
        rule(
            "cdn-cache-static",
            "What the pages are made of",
            static,
            "set_cache_settings",
            {
                "cache": True,
                "edge_ttl": {
                    "mode": "override_origin",
                    "default": static_seconds,
                    # A file that is missing for a moment, as in a rolling update, is not missing for a day.
                    "status_code_ttls": [{"value": _NOT_KEPT, "status_code_range": {"from_": 400}}],
                },
                # What a browser keeps, no purge takes back: the frontend says how long.
                "browser_ttl": {"mode": "respect_origin"},
                # Keeps nothing whose type is another than its name says, such as a page asked for as page/x.css.
                "cache_key": {"cache_deception_armor": True},
            },
        ),
        rule(
            "cdn-cache-api",
            "Answers of the API that it says may be kept",
            _API,
            "set_cache_settings",
            {"cache": True, "edge_ttl": {"mode": "bypass_by_default"}, "browser_ttl": {"mode": "respect_origin"}},
        ),
        rule(
            "cdn-cache-personal",
            "Answers to somebody in particular",
            any_of([_AUTHORIZED, all_of([_API, f"{_COOKIE} ne {quoted('')}"])]),
            "set_cache_settings",
            {"cache": False},
        ),
        rule("cdn-cache-challenge", "Proofs for certificates", CHALLENGE, "set_cache_settings", {"cache": False}),
    ]
