"""What the rules, and the audit of a host, take an address for."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# RFC 1918, RFC 4193 and the loopback; `is_private` of Python has more, 0.0.0.0 among it.
PRIVATE_NETWORKS = [
    ip_network(text) for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address, as IPv4 where it is IPv4 mapped into IPv6; None where the text is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(text: str) -> bool:
    """Return whether only its own machine reaches an address; a name is none, nor is `*`, which is every address."""
    address = parsed(text.strip("[]"))
    return address is not None and address.is_loopback
