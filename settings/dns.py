"""The zone of the domain, and its records."""

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.values import ConfidentialUrl, RecordName, Section, refuse

# The brief: "TTL: 300 seconds (5 minutes) initially".
_TTL_SECONDS = 300
# The TTL that lets Cloudflare choose, which is the only one of a proxied record.
_AUTOMATIC = 1


def host_names(domain: str) -> dict[str, str]:
    """Return the names at which visitors find the platform, by their roles."""
    return {"apex": domain, "www": f"www.{domain}", "api": f"api.{domain}"}


class RecordSettings(Section):
    """A record of the owner's, beside those that the platform makes."""

    name: RecordName
    """Full name, without a dot at its end."""
    type: Literal["A", "AAAA", "CNAME", "TXT"]
    """Mail servers have a setting of their own: mail.exchanges."""
    content: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    """What is answered."""

    @model_validator(mode="after")
    def _content_fits_the_type(self) -> Self:
        family = {"A": IPv4Address, "AAAA": IPv6Address}.get(self.type)
        if family is not None:
            try:
                family(self.content)
            except ValueError:
                refuse(f"content is no address for a record of type {self.type}", "write the address alone")
        return self


class DnsSettings(Section):
    """The zone and its records at Cloudflare."""

    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """Account that holds the zone."""
    api_url: ConfidentialUrl | None = None
    """Another API than Cloudflare's own."""
    proxied: bool = False
    """Whether visitors reach Cloudflare's network, and through it the host, instead of the host itself."""
    ttl: Annotated[int, Field(ge=1, le=86400)] | None = None
    """Seconds for which resolvers keep an answer: how long a change of address takes to arrive. Left out: those of the
    brief, and Cloudflare's own while `proxied` holds."""
    dnssec: bool = True
    """Whether answers are signed; before it is turned off the registrar's DS record has to be gone for a day."""
    records: tuple[RecordSettings, ...] = ()
    """Further records; none of them is proxied."""
    origin_shown_by: dict[RecordName, Annotated[str, StringConstraints(min_length=10)]] = Field(default_factory=dict)
    """Names of records, and of servers in `mail`, that may show the host while `proxied` hides it, each with the
    reason."""

    @property
    def record_ttl(self) -> int:
        """Return the TTL of every record of the zone."""
        return _AUTOMATIC if self.proxied else self.ttl or _TTL_SECONDS

    @model_validator(mode="after")
    def _cloudflare_fixes_the_ttl_of_proxied_records(self) -> Self:
        if self.ttl is None:
            return self
        if self.proxied and self.ttl != _AUTOMATIC:
            refuse(
                f"ttl is {self.ttl}, and Cloudflare serves proxied records with its own only", "leave ttl out, or set 1"
            )
        if not self.proxied and self.ttl < 60:
            refuse(f"ttl is {self.ttl}, and Cloudflare takes 60 to 86400 for records that are not proxied", "raise ttl")
        return self
