"""The domain's names: its zone and records, its mail, its certificate."""

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.values import ConfidentialUrl, Domain, Email, RecordName, Section, refuse

# The brief: "TTL: 300 seconds (5 minutes) initially".
_TTL_SECONDS = 300
# Cloudflare's word for a TTL that it chooses itself, the only one that a proxied record has.
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


class SendgridSettings(Section):
    """What SendGrid tells when a domain is to be authenticated."""

    subdomain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=63)]
    """The name below the domain that bounces go to, such as em1234."""
    account: Annotated[str, StringConstraints(pattern=r"^u[0-9]+\.wl[0-9]*$")]
    """The account's own part of the three targets, such as u1234567.wl123."""

    def names(self, domain: str) -> tuple[str, str, str]:
        """Return the names of the three CNAMEs: where bounces go, and the two keys."""
        return f"{self.subdomain}.{domain}", f"s1._domainkey.{domain}", f"s2._domainkey.{domain}"


class ExchangeSettings(Section):
    """A server that takes the domain's mail."""

    host: Domain
    """Its name."""
    priority: Annotated[int, Field(ge=0, le=65535)]
    """The lowest is tried first."""


class MailSettings(Section):
    """Who may send mail in the domain's name, and who takes what is sent to it."""

    sendgrid: SendgridSettings | None = None
    """Without it nobody sends for the domain, and receivers are told so."""
    spf_includes: Annotated[tuple[RecordName, ...], Field(max_length=8)] = ()
    """Further senders; receivers look up ten names at most (RFC 7208, 4.6.4), and each may want several."""
    spf_all: Literal["-all", "~all"] = "-all"
    """What receivers do with mail of others: refuse it, or only suspect it."""
    dmarc_policy: Literal["quarantine", "reject"] = "quarantine"
    """What receivers do with mail that neither SPF nor DKIM proves: put it aside, or refuse it."""
    dmarc_reports: Email | None = None
    """Where receivers report what they saw; without it nobody notices forgery, or mail of ours that is refused."""
    exchanges: tuple[ExchangeSettings, ...] = ()
    """The mail servers of the domain; none: it takes no mail."""

    @model_validator(mode="after")
    def _exchanges_differ(self) -> Self:
        if len({each.host for each in self.exchanges}) < len(self.exchanges):
            refuse("two exchanges have one host", "remove one of the two")
        return self


class CertificateSettings(Section):
    """Where certificates come from."""

    directory_url: ConfidentialUrl
    """The ACME directory of the certificate authority; a change issues a new certificate."""
    authority: Domain = "letsencrypt.org"
    """Its name in CAA records: no other may issue for the domain, but those that Cloudflare itself adds."""
    email: Email
    """Account that the authority writes to, and whom others tell that someone wanted a certificate in vain."""
