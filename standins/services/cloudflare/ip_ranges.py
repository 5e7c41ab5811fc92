"""The addresses from which Cloudflare reaches an origin, and on which it answers for proxied names."""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from flask import Blueprint, request

from standins.services.cloudflare.envelope import success

# https://www.cloudflare.com/ips/, as public copies that name it showed it on 2026-09-29; unchanged since April 2021.
IPV4 = (
    *("173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18"),
    *("190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13"),
    *("104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22"),
)
IPV6 = (
    *("2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29"),
    *("2c0f:f248::/32",),
)
# Where proxied names are answered from, two addresses of each kind as the real one gives.
_EDGE_IPV4 = (IPv4Network("104.16.0.0/13"), IPv4Network("172.64.0.0/13"))
_EDGE_IPV6 = (IPv6Network("2606:4700::/32"), IPv6Network("2606:4700::/32"))


def serve(api: Blueprint) -> None:
    """Add the route of the address ranges, which needs no token."""

    @api.get("/ips")
    def list_ranges() -> dict[str, Any]:
        result: dict[str, object] = {"ipv4_cidrs": IPV4, "ipv6_cidrs": IPV6, "etag": _digest(*IPV4, *IPV6).hex()[:32]}
        if request.args.get("networks") == "jdcloud":
            result["jdcloud_cidrs"] = []
        return success(result)


def edge_ipv4(name: str) -> tuple[IPv4Address, ...]:
    """Return the addresses that answer for a proxied name: always the same ones, and none of its origin's."""
    return tuple(network[_offset(name, network)] for network in _EDGE_IPV4)


def edge_ipv6(name: str) -> tuple[IPv6Address, ...]:
    """Return the IPv6 addresses that answer for a proxied name."""
    return tuple(network[_offset(f"{index} {name}", network)] for index, network in enumerate(_EDGE_IPV6))


def _offset(name: str, network: IPv4Network | IPv6Network) -> int:
    return int.from_bytes(_digest(name)) % network.num_addresses


def _digest(*texts: str) -> bytes:
    return hashlib.sha256(" ".join(texts).encode()).digest()
