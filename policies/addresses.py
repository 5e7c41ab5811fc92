"""What the rules, and the audit of a host, take an address for."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(text: str) -> bool:
    """Return whether an address is one that only its own machine reaches, IPv4 in IPv6 included; a name is none."""
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:  # `*` too: every address
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
