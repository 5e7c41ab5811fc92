"""The domain's mail: who sends it, and who takes it."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from settings.values import Domain, Email, RecordName, Section, refuse


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
        if len({exchange.host for exchange in self.exchanges}) < len(self.exchanges):
            refuse("two exchanges have one host", "remove one of the two")
        return self
