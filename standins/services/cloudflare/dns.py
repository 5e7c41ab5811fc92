"""The authoritative DNS server of the zones that the Cloudflare API keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dnslib import AAAA, CAA, CNAME, MX, NS, QTYPE, RCODE, RR, SOA, TXT, A, DNSRecord  # type: ignore[import-untyped]
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer  # type: ignore[import-untyped]

from standins.services.cloudflare.ip_ranges import edge_ipv4, edge_ipv6
from standins.services.cloudflare.records import AUTOMATIC, strings
from standins.services.cloudflare.store import Store

# Cloudflare's own values: an automatic TTL, the zone's name servers, and the timers of its SOA records.
AUTOMATIC_TTL = 300
NAME_SERVER_TTL = 86400
SOA_TTL = 1800
SOA_TIMERS = (10000, 2400, 604800, SOA_TTL)

# A chain of CNAMEs longer than this is a loop.
LONGEST_CHAIN = 8
# The largest answer that passes through every network in one datagram (DNS flag day 2020); longer ones go by TCP.
LARGEST_DATAGRAM = 1232


def answer(request: DNSRecord, document: Mapping[str, Any]) -> DNSRecord:
    """Answer a question from the zones: REFUSED for names of others, else with what is there, or the SOA."""
    reply = request.reply(ra=0)
    kind = QTYPE[request.q.qtype]
    owner = request.q.qname
    for _ in range(LONGEST_CHAIN):
        zone = _zone_of(_text(owner), document)
        if zone is None:
            if not reply.rr:
                reply.header.aa = 0
                reply.header.rcode = RCODE.REFUSED
            return reply
        records = _records(_text(owner), zone)
        if records is None:
            reply.header.rcode = RCODE.NXDOMAIN
            reply.add_auth(_soa(zone))
            return reply
        alias = next((record for record in records if record["type"] == "CNAME"), None)
        if alias is None or kind == "CNAME" or _is_flattened(alias, zone):
            answered = list(_answers(owner, kind, records, zone, document))
            reply.add_answer(*answered)
            if not answered:
                reply.add_auth(_soa(zone))
            return reply
        target = CNAME(alias["content"])
        reply.add_answer(RR(owner, QTYPE.CNAME, rdata=target, ttl=_ttl(alias)))
        owner = target.label
    reply.header.rcode = RCODE.SERVFAIL
    return reply


def serve(store: Store, address: str, port: int) -> None:
    """Start to answer over UDP and TCP, in threads that end with the process."""

    class Resolver(BaseResolver):  # type: ignore[misc]  # dnslib has no types
        def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002  dnslib's signature
            return answer(request, store.read())

    for tcp in (False, True):
        logger = DNSLogger("+error", prefix=False)
        server = DNSServer(Resolver(), address=address, port=port, tcp=tcp, logger=logger, handler=_Handler)
        server.start_thread()


def answers(address: str, port: int) -> bool:
    """Ask the server anything over UDP and TCP: does it answer at all."""
    question = DNSRecord.question("health.invalid")
    try:
        for tcp in (False, True):
            question.send(address, port, tcp=tcp, timeout=2)
    except OSError:
        return False
    return True


class _Handler(DNSHandler):  # type: ignore[misc]  # dnslib has no types
    udplen = LARGEST_DATAGRAM


def _text(name: object) -> str:
    return str(name).rstrip(".").lower()


def _zone_of(name: str, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    zones = [zone for zone in document["zones"].values() if f".{name}".endswith(f".{zone['zone']['name']}")]
    return max(zones, key=lambda zone: len(zone["zone"]["name"]), default=None)


def _records(name: str, zone: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the records at a name, none where only names below it exist, None where nothing does (RFC 4592)."""
    apex = zone["zone"]["name"]
    all_records = list(zone["records"].values())

    def at(owner: str) -> list[Mapping[str, Any]] | None:
        here = [record for record in all_records if record["name"] == owner]
        exists = here or owner == apex or any(record["name"].endswith(f".{owner}") for record in all_records)
        return here if exists else None

    records = at(name)
    while records is None:
        _, _, name = name.partition(".")
        wildcard = [record for record in all_records if record["name"] == f"*.{name}"]
        if wildcard:
            return wildcard
        if at(name) is not None:
            return None
    return records


def _is_flattened(alias: Mapping[str, Any], zone: Mapping[str, Any]) -> bool:
    """Say whether Cloudflare answers with addresses instead of this CNAME: proxied, or at the apex."""
    return bool(alias["proxied"] or alias["name"] == zone["zone"]["name"])


def _answers(
    owner: object, kind: str, records: list[Mapping[str, Any]], zone: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[RR]:
    if _text(owner) == zone["zone"]["name"]:
        if kind == "SOA":
            yield _soa(zone)
        if kind == "NS":
            for server in zone["zone"]["name_servers"]:
                yield RR(owner, QTYPE.NS, rdata=NS(server), ttl=NAME_SERVER_TTL)
    proxied = any(record["proxied"] for record in records)
    if proxied:
        yield from _edge(owner, kind, zone)
    for record in records:
        if proxied and record["proxiable"]:
            continue
        if record["type"] == "CNAME" and _is_flattened(record, zone):
            target = answer(DNSRecord.question(record["content"], kind), document)
            for resolved in target.rr:
                if QTYPE[resolved.rtype] == kind != "CNAME":
                    yield RR(owner, resolved.rtype, rdata=resolved.rdata, ttl=_ttl(record))
        elif record["type"] == kind:
            yield RR(owner, getattr(QTYPE, kind), rdata=_data(record), ttl=_ttl(record))


def _edge(owner: object, kind: str, zone: Mapping[str, Any]) -> Iterator[RR]:
    """Answer for a proxied name with Cloudflare's own addresses, whatever its origin has: nothing listens there."""
    name = _text(owner)
    if kind == "A":
        yield from (RR(owner, QTYPE.A, rdata=A(str(address)), ttl=AUTOMATIC_TTL) for address in edge_ipv4(name))
    if kind == "AAAA" and zone["settings"].get("ipv6", {}).get("value", "on") == "on":
        yield from (RR(owner, QTYPE.AAAA, rdata=AAAA(str(ip)), ttl=AUTOMATIC_TTL) for ip in edge_ipv6(name))


def _ttl(record: Mapping[str, Any]) -> int:
    return AUTOMATIC_TTL if record["ttl"] == AUTOMATIC else int(record["ttl"])


def _data(record: Mapping[str, Any]) -> object:
    content = record["content"]
    match record["type"]:
        case "MX":
            return MX(content, preference=record["priority"])
        case "CAA":
            return CAA(record["data"]["flags"], record["data"]["tag"], record["data"]["value"])
        case "TXT":
            return TXT(strings(content))
        case kind:
            return {"A": A, "AAAA": AAAA, "CNAME": CNAME, "NS": NS}[kind](content)


def _soa(zone: Mapping[str, Any]) -> RR:
    name = zone["zone"]["name"]
    data = SOA(zone["zone"]["name_servers"][0], "dns.cloudflare.com", (zone["serial"], *SOA_TIMERS))
    return RR(name, QTYPE.SOA, rdata=data, ttl=SOA_TTL)
