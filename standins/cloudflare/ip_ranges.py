"""cloudflare.getIpRanges."""

from __future__ import annotations

from standins.cloudflare.account import Account
from standins.provider.resource import Function, ProviderError
from standins.provider.wire import Plain


class GetIpRanges(Function[Account]):
    """The addresses from which Cloudflare reaches an origin, as they are now."""

    handles = "cloudflare:index/getIpRanges:getIpRanges"
    parameters = "pulumi_cloudflare.get_ip_ranges:get_ip_ranges_output"

    def invoke(self, arguments: Plain) -> Plain:
        """Ask Cloudflare."""
        if arguments.get("networks"):
            raise ProviderError("the sandbox's stand-in for cloudflare lists no networks but Cloudflare's own")
        ranges = self.client.read("/ips", "Cloudflare's address ranges") or {}
        return {
            **arguments,
            "etag": ranges["etag"],
            "ipv4Cidrs": ranges["ipv4_cidrs"],
            "ipv6Cidrs": ranges["ipv6_cidrs"],
            "jdcloudCidrs": ranges.get("jdcloud_cidrs", []),
        }
