"""Who may send mail in the domain's name, and who takes what is sent to it."""

from components.component import Component
from components.dns import Dns, txt
from settings import MailSettings

_SENDGRID = "sendgrid.net"


class Mail(Component):
    """SPF and DMARC, also for a domain without mail; SendGrid's DKIM keys; the mail servers."""

    def __init__(self, settings: MailSettings, *, domain: str, dns: Dns) -> None:
        super().__init__(providers=[dns.provider])
        for role, (name, target) in sendgrid_names(settings, domain).items():
            dns.record(f"mail-sendgrid-{role}", name, "CNAME", target, opts=self.child())
        dns.record("mail-spf", domain, "TXT", txt(spf(settings)), opts=self.child())
        dns.record("mail-dmarc", f"_dmarc.{domain}", "TXT", txt(dmarc(settings)), opts=self.child())
        for exchange in settings.exchanges:
            dns.record(
                f"mail-exchange-{exchange.host}",
                domain,
                "MX",
                exchange.host,
                priority=exchange.priority,
                opts=self.child(),
            )


def sendgrid_names(settings: MailSettings, domain: str) -> dict[str, tuple[str, str]]:
    """Return the CNAMEs of SendGrid's domain authentication, by role: names and targets.

    https://www.twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication
    """
    if settings.sendgrid is None:
        return {}
    target = f"{settings.sendgrid.account}.{_SENDGRID}"
    bounces, first, second = settings.sendgrid.names(domain)
    keys = {key: (name, f"{key}.domainkey.{target}") for key, name in (("s1", first), ("s2", second))}
    return {"bounces": (bounces, target), **keys}


def spf(settings: MailSettings) -> str:
    """Return the domain's SPF policy."""
    senders = [*([_SENDGRID] if settings.sendgrid else []), *settings.spf_includes]
    return " ".join(["v=spf1", *(f"include:{sender}" for sender in senders), settings.spf_all])


def dmarc(settings: MailSettings) -> str:
    """Return the domain's DMARC policy.

    DKIM alignment is strict (adkim=s). SPF's is relaxed: SendGrid's bounces go to a subdomain.
    """
    reports = [f"rua=mailto:{settings.dmarc_reports}"] if settings.dmarc_reports else []
    return "; ".join(["v=DMARC1", f"p={settings.dmarc_policy}", *reports, "adkim=s", "aspf=r"])
