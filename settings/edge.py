"""What visitors meet before the VPS: TLS, and Cloudflare's network."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from settings.values import AnyNetwork, Section, Slug, UrlPath, refuse

_YEAR_SECONDS = 31_536_000

Plan = Literal["free", "pro", "business"]


class _Limits(NamedTuple):
    """A plan's number of rate limits, their longest period and block, and its shortest time in the cache."""

    rate_limits: int
    period_seconds: int
    block_seconds: int
    cache_seconds: int


# developers.cloudflare.com/waf/rate-limiting-rules/#availability and /cache/how-to/edge-browser-cache-ttl
_LIMITS: dict[Plan, _Limits] = {
    "free": _Limits(1, 10, 10, 7_200),
    "pro": _Limits(2, 60, 3_600, 3_600),
    "business": _Limits(5, 600, 86_400, 1),
}
# The only periods and blocks that Cloudflare has (ibid., footnote 3).
_SECONDS = (10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600, 86400)


class TlsSettings(Section):
    """What every visitor's connection has to be, at Cloudflare and at the host alike."""

    minimum_version: Literal["1.2", "1.3"] = "1.2"
    """1.3 shuts out browsers of before 2019."""
    # At least what browsers ask of a domain in their list: https://hstspreload.org/#submission-requirements
    hsts_max_age_seconds: Annotated[int, Field(ge=_YEAR_SECONDS, le=2 * _YEAR_SECONDS)] = _YEAR_SECONDS
    """For how long browsers refuse plain http after a visit, to every name below the domain too, those of other
    machines included: it cannot be taken back before."""

    @property
    def hsts(self) -> str:
        """Return the value of the header Strict-Transport-Security."""
        return f"max-age={self.hsts_max_age_seconds}; includeSubDomains; preload"

    @property
    def protocols(self) -> tuple[str, ...]:
        """Return the protocols as nginx names them."""
        return ("TLSv1.2", "TLSv1.3") if self.minimum_version == "1.2" else ("TLSv1.3",)


class RateLimitSettings(Section):
    """How often one address may ask for a path before it is blocked for a while."""

    name: Slug
    """Keeps the rule's identity when others come and go."""
    path: UrlPath
    """Everything below it is counted together."""
    requests: Annotated[int, Field(ge=1)]
    """More than these in a period are blocked."""
    period_seconds: Annotated[int, Field(ge=10)]
    """For how long requests are counted."""
    block_seconds: Annotated[int, Field(ge=10)]
    """For how long an address that asked too often gets 429."""

    @property
    def per_second(self) -> float:
        """Requests a second that it allows on average."""
        return self.requests / self.period_seconds

    @model_validator(mode="after")
    def _cloudflare_knows_the_lengths(self) -> Self:
        for name in ("period_seconds", "block_seconds"):
            if getattr(self, name) not in _SECONDS:
                refuse(f"{name} is {getattr(self, name)}", f"choose one of {', '.join(map(str, _SECONDS))}")
        return self


# The brief: the API's zone of nginx, 10 requests a second.
_API = RateLimitSettings(name="api", path="/api/", requests=100, period_seconds=10, block_seconds=10)


class EdgeSettings(Section):
    """What Cloudflare's network does with requests, once `dns.proxied` sends them there."""

    plan: Plan = "free"
    """What is paid for: Cloudflare's and OWASP's managed rules come with pro."""
    static_cache_seconds: Annotated[int, Field(ge=1, le=_YEAR_SECONDS)] = 86_400
    """For how long scripts, styles, pictures and fonts are kept; a purge at Cloudflare forgets them before."""
    allowed_methods: Annotated[
        tuple[Annotated[str, StringConstraints(pattern="^[A-Z]+$")], ...], Field(min_length=1)
    ] = (*("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),)
    """Requests of other methods are blocked."""
    admin_paths: tuple[UrlPath, ...] = ("/api/v1/metrics", "/api/v1/monitoring")
    """Paths for `admin_networks` alone."""
    admin_networks: tuple[AnyNetwork, ...] = ()
    """Who may ask for the admin paths; empty: nobody from outside."""
    blocked_paths: tuple[UrlPath, ...] = (
        *("/.env", "/.git", "/.aws", "/.ssh", "/.svn", "/wp-admin", "/wp-login.php", "/xmlrpc.php"),
        *("/phpmyadmin", "/cgi-bin", "/server-status"),
    )
    """Beginnings of paths that only scanners ask for."""
    blocked_agents: tuple[Annotated[str, StringConstraints(pattern="^[a-z0-9 ._/-]{3,}$")], ...] = (
        *("sqlmap", "nikto", "nmap", "masscan", "zgrab", "nuclei", "acunetix", "wpscan", "dirbuster", "gobuster"),
    )
    """Parts of the User-Agent, in small letters, by which scanners introduce themselves."""
    rate_limits: tuple[RateLimitSettings, ...] = (_API,)
    """The first is the API's 10 requests a second, over the only period that every plan counts; one that allows no more
    has to stay."""
    owasp_paranoia_level: Annotated[int, Field(ge=1, le=4)] | None = None
    """How much the OWASP rules suspect; from 2 on also honest visitors. Left out: 1 where the plan has them."""
    ddos_sensitivity: Literal["high", "medium", "low"] = "high"
    """How soon Cloudflare takes many requests for an attack; lower it when honest load is challenged."""
    origin_pulls: Literal["off", "required"] = "off"
    """Whether Cloudflare shows nginx a certificate of ours, without which nginx refuses everyone while `dns.proxied`
    holds: those too whose resolvers still know the host."""

    @model_validator(mode="after")
    def _the_api_is_limited(self) -> Self:
        if not any(
            _API.path.startswith(limit.path) and limit.per_second <= _API.per_second for limit in self.rate_limits
        ):
            refuse(
                f"no rate limit holds {_API.path} to {_API.per_second:g} requests a second and address on average",
                f"add {{{', '.join(f'{name}: {value}' for name, value in _API)}}}",
                at="edge.rate_limits",
            )
        return self

    @model_validator(mode="after")
    def _the_plan_has_what_is_asked_for(self) -> Self:
        asked = _Limits(
            len(self.rate_limits),
            max((limit.period_seconds for limit in self.rate_limits), default=0),
            max((limit.block_seconds for limit in self.rate_limits), default=0),
            self.static_cache_seconds,
        )
        for what, value, index in (
            ("rate limits are", asked.rate_limits, 0),
            ("seconds of a rate limit's period are", asked.period_seconds, 1),
            ("seconds of a rate limit's block are", asked.block_seconds, 2),
        ):
            if value > _LIMITS[self.plan][index]:
                larger = next((plan for plan, limits in _LIMITS.items() if limits[index] >= value), None)
                refuse(
                    f"{value} {what} more than the {_LIMITS[self.plan][index]} of plan {self.plan}",
                    f"lower them{f', or set plan to {larger}' if larger else ': no plan has more'}",
                )
        shortest = _LIMITS[self.plan].cache_seconds
        if asked.cache_seconds < shortest:
            larger = next(plan for plan, limits in _LIMITS.items() if limits.cache_seconds <= asked.cache_seconds)
            refuse(
                f"static_cache_seconds {asked.cache_seconds} is below the {shortest} of plan {self.plan}",
                f"raise it, or set plan to {larger}",
            )
        if self.owasp_paranoia_level is not None and self.plan == "free":
            refuse("owasp_paranoia_level is set, and plan free has no OWASP rules", "leave it out, or set plan to pro")
        names = [limit.name for limit in self.rate_limits]
        if len(names) != len(set(names)):
            refuse("two rate_limits have one name", "give each a name of its own")
        return self
