"""The zone and the names under which users find the platform."""

import hashlib

import pulumi

from components import cloudflare_sdk as cloudflare
from components.component import Component
from settings import CertificateSettings, DnsSettings, HostSettings, host_names

# Of one character string in a TXT record (RFC 1035, 3.3).
_STRING_LENGTH = 255


class Dns(Component):
    """Apex, `www` and `api`, each with the addresses of the host; who may issue certificates; the owner's records."""

    def __init__(
        self,
        settings: DnsSettings,
        *,
        domain: str,
        host: HostSettings,
        certificate: CertificateSettings,
        provider: cloudflare.Provider,
    ) -> None:
        super().__init__(providers=[provider])
        self.provider = provider
        self._ttl = settings.record_ttl
        zone = cloudflare.Zone(
            "dns-zone",
            account={"id": settings.account_id},
            name=domain,
            # Deleted, every name of the domain would go with it, mail included.
            opts=self.child(protect=True),
        )
        self.zone_id = zone.id
        # Full names, because the API answers with them: "@" and short ones show as a change at every preview.
        names = host_names(domain)
        for role, name in names.items():
            self.record(f"dns-{role}", name, "A", str(host.ipv4), proxied=settings.proxied, opts=self.child())
            if host.ipv6:
                self.record(
                    f"dns-{role}-ipv6", name, "AAAA", str(host.ipv6), proxied=settings.proxied, opts=self.child()
                )
        # No `issuewild`: without one, `issue` holds for wildcards too. Where there are CAA records Cloudflare adds
        # both kinds itself, for the authorities of its own certificates, which change.
        for tag, value in {"issue": certificate.authority, "iodef": f"mailto:{certificate.email}"}.items():
            cloudflare.DnsRecord(
                f"dns-caa-{tag}",
                zone_id=zone.id,
                name=domain,
                type="CAA",
                data={"flags": 0, "tag": tag, "value": value},
                ttl=self._ttl,
                opts=self.child(),
            )
        for further in settings.records:
            content = txt(further.content) if further.type == "TXT" else further.content
            # A name has one CNAME, and may have several of the others.
            which = "" if further.type == "CNAME" else f"-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
            self.record(
                f"dns-{further.type.lower()}-{further.name}{which}",
                further.name,
                further.type,
                content,
                opts=self.child(),
            )
        dnssec = settings.dnssec and cloudflare.ZoneDnssec(
            "dns-dnssec",
            zone_id=zone.id,
            status="active",
            # Until the registrar has the DS record Cloudflare says "pending", which a refresh shows as a change. Not
            # ignored: then that word would become the input, and the provider refuses it.
            opts=self.child(),
        )
        self.ds_record = dnssec.ds if dnssec else None
        self.urls = [f"https://{name}" for name in names.values()]
        self.name_servers = zone.name_servers
        self.proxies = _cloudflare_networks(provider) if settings.proxied else []

    def record(
        self,
        resource: str,
        name: str,
        type_: str,
        content: str,
        *,
        proxied: bool = False,
        priority: int | None = None,
        opts: pulumi.ResourceOptions,
    ) -> cloudflare.DnsRecord:
        """Declare a record of the zone."""
        return cloudflare.DnsRecord(
            resource,
            zone_id=self.zone_id,
            name=name,
            type=type_,
            content=content,
            proxied=proxied,
            priority=priority,
            ttl=self._ttl,
            opts=opts,
        )


def txt(text: str) -> str:
    """Return the content of a TXT record as Cloudflare keeps it: quoted strings of 255 characters at most."""
    parts = [text[start : start + _STRING_LENGTH] for start in range(0, len(text), _STRING_LENGTH)]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def _cloudflare_networks(provider: cloudflare.Provider) -> list[str]:
    """Ask Cloudflare, in previews too, for the networks that its requests come from.

    Not as an output, because what nginx is given has to be known to the policies that judge a preview.
    """
    found = cloudflare.get_ip_ranges(opts=pulumi.InvokeOptions(provider=provider))
    # Sorted, so that another order is no change.
    return [*sorted(found.ipv4_cidrs), *sorted(found.ipv6_cidrs)]
