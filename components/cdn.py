"""What Cloudflare answers itself: files that change with releases only, and the name that points to another."""

from components.component import Component
from components.dns import Dns
from components.expressions import CHALLENGE, PATH, all_of, any_of, begins, one_of, quoted
from components.ruleset import Rule, rule, ruleset
from settings import EdgeSettings, host_names

# File extensions of the frontend's assets.
_STATIC = (
    *("css", "js", "mjs", "map", "wasm", "woff", "woff2", "ttf", "otf", "eot"),
    *("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"),
)
_API = begins(PATH, ["/api/"])
_AUTHORIZED = f"any(http.request.headers.names[*] eq {quoted('authorization')})"
_COOKIE = "http.cookie"
# Cloudflare's value for no-store.
_NO_STORE = -1


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
    """Return the rules; of those that match a request, the last one wins.

    Only the API knows its visitors: assets are the same for all, whatever cookies a request has, and Cloudflare strips
    cookies from responses that it caches for a time of ours. Responses of the API that set a cookie are not cached.
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
                    # A file that is missing during a rolling update must not be cached as missing for a day.
                    "status_code_ttls": [{"value": _NO_STORE, "status_code_range": {"from_": 400}}],
                },
                # A purge does not reach browsers' caches, so the frontend decides.
                "browser_ttl": {"mode": "respect_origin"},
                # Caches no response whose type does not fit its extension, such as a page requested as page/x.css.
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
