"""The zone and its records, except those of mail."""

import hashlib

import pulumi

from components import cloudflare_sdk as cloudflare
from components.component import Component
from settings import CertificateSettings, DnsSettings, HostSettings, host_names

# The limit of a character string in a TXT record (RFC 1035, 3.3).
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
            # Its deletion would delete all records of the domain, mail included.
            opts=self.child(protect=True),
        )
        self.zone_id = zone.id
        # Full names, as the API returns them: "@" and short ones would show as a change at every preview.
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
            # A name has one CNAME, but may have several records of another type.
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
            # Until the registrar has the DS record Cloudflare returns "pending", which a refresh shows as a change. Not
            # in ignore_changes: then "pending" would become the input, which the provider refuses.
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
    """Return the content of a TXT record as Cloudflare stores it: quoted strings of at most 255 characters."""
    parts = [text[start : start + _STRING_LENGTH] for start in range(0, len(text), _STRING_LENGTH)]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def _cloudflare_networks(provider: cloudflare.Provider) -> list[str]:
    """Return the networks that Cloudflare's requests come from, asked for in previews too.

    Not as an output, because the policies that judge a preview have to know nginx's configuration.
    """
    ranges = cloudflare.get_ip_ranges(opts=pulumi.InvokeOptions(provider=provider))
    # Sorted, so that another order is not a change.
    return [*sorted(ranges.ipv4_cidrs), *sorted(ranges.ipv6_cidrs)]
