"""The zone and the names under which users find the platform."""

import pulumi
import pulumi_cloudflare as cloudflare

from components.component import Component
from settings import DnsSettings


class Dns(Component):
    """Apex, `www` and `api`, each an A record of the host."""

    def __init__(self, settings: DnsSettings, *, domain: str, address: str, provider: cloudflare.Provider) -> None:
        super().__init__(providers=[provider])
        zone = cloudflare.Zone(
            "dns-zone",
            account={"id": settings.account_id},
            name=domain,
            # Deleted, every name of the domain would go with it, mail included.
            opts=pulumi.ResourceOptions.merge(self.child(), pulumi.ResourceOptions(protect=True)),
        )
        # Full names, because the API answers with them: "@" and short ones show as a change at every preview.
        names = {"apex": domain, "www": f"www.{domain}", "api": f"api.{domain}"}
        for role, name in names.items():
            cloudflare.DnsRecord(
                f"dns-{role}",
                zone_id=zone.id,
                name=name,
                type="A",
                content=address,
                proxied=settings.proxied,
                ttl=settings.ttl,
                opts=self.child(),
            )
        self.urls = [f"https://{name}" for name in names.values()]
        self.name_servers = zone.name_servers
        self.register_outputs({"nameServers": self.name_servers})
