"""The rules between the records of a zone: the platform's own, those of its mail, and the owner's."""

import re
from ipaddress import ip_address

from settings.dns import DnsSettings, RecordSettings, host_names
from settings.host import HostSettings
from settings.mail import MailSettings
from settings.values import refuse

# Separators of names and addresses in a record: quotes, `ip4:192.0.2.1/32`, `redirect=`, `ssh://[2001:db8::1]`.
_AROUND = re.compile(r'[\s"/=@,;()<>\[\]]+')


def refuse_clashes(dns: DnsSettings, *, domain: str, mail: MailSettings) -> None:
    """Refuse a further record outside the domain, that the platform makes itself, or that DNS does not allow."""
    own = _of_the_platform(domain, mail)
    seen: set[tuple[str, str, str]] = set()
    for index, record in enumerate(dns.records):
        at, name, type_ = f"dns.records[{index}]", record.name, record.type
        if name != domain and not name.endswith(f".{domain}"):
            refuse(f"{name} is not below {domain}", "write the full name", at=f"{at}.name")
        if (name, type_) in own:
            refuse(f"{type_} {name} is a record that the platform makes itself", "remove it from records", at=at)
        if name == domain and type_ == "TXT" and record.content.lower().split()[:1] == ["v=spf1"]:
            refuse(
                "is a second SPF policy, and receivers take neither of two (RFC 7208, 4.5)",
                "remove it from records, and name its senders in mail.spf_includes",
                at=at,
            )
        if (same := (name, type_, _same(record))) in seen:
            refuse(f"{type_} {name} stands in records twice", "remove one of the two", at=at)
        seen.add(same)
    for index, record in enumerate(dns.records):
        beside = {type_ for name, type_ in own if name == record.name}
        beside |= {other.type for other in dns.records if other.name == record.name and other is not record}
        if beside and "CNAME" in {record.type, *beside}:
            refuse(
                f"{record.type} {record.name} stands beside {' and '.join(sorted(beside))},"
                " and a name with a CNAME has nothing else (RFC 1034, 3.6.2)",
                "give it another name",
                at=f"dns.records[{index}]",
            )


def refuse_what_shows_the_host(dns: DnsSettings, *, host: HostSettings, mail: MailSettings) -> None:
    """Refuse records that reveal the host's address while `proxied` hides it, except those with a reason."""
    hidden = {_canonical(str(host.ipv4)), _canonical(host.address)}
    published = [
        *((f"dns.records[{index}]", record.name, record.content) for index, record in enumerate(dns.records)),
        *((f"mail.exchanges[{index}].host", server.host, server.host) for index, server in enumerate(mail.exchanges)),
        *((f"mail.spf_includes[{index}]", sender, sender) for index, sender in enumerate(mail.spf_includes)),
    ]
    for at, name, content in published:
        if dns.proxied and name not in dns.origin_shown_by and _named(content) & hidden:
            refuse(
                f"{name} shows the host, which dns.proxied is to hide",
                f"remove it, or give the reason: dns.origin_shown_by: {{{name}: …}}",
                at=at,
            )
    for name in dns.origin_shown_by:
        if name not in {published_name for _, published_name, _ in published}:
            refuse(
                f"names {name}, and neither records nor mail.exchanges nor mail.spf_includes has such a name",
                "remove it from origin_shown_by",
                at="dns.origin_shown_by",
            )


def _of_the_platform(domain: str, mail: MailSettings) -> set[tuple[str, str]]:
    """Return name and type of the platform's own records, except those that allow others of the same name and type."""
    addresses = {(name, type_) for name in host_names(domain).values() for type_ in ("A", "AAAA")}
    sendgrid = {(name, "CNAME") for name in (mail.sendgrid.names(domain) if mail.sendgrid else ())}
    return {*addresses, *sendgrid, (f"_dmarc.{domain}", "TXT")}


def _same(record: RecordSettings) -> str:
    """Return the content by which equal records are recognized."""
    return record.content if record.type == "TXT" else _canonical(record.content)


def _named(content: str) -> set[str]:
    """Return the names and addresses in a record's content, also without a prefix or suffix joined by a colon."""
    words = _AROUND.split(content)
    parts = (part for word in words for part in (word, word.partition(":")[2], word.rpartition(":")[0]))
    return set(map(_canonical, parts))


def _canonical(name_or_address: str) -> str:
    text = name_or_address.lower().rstrip(".")
    try:
        return str(ip_address(text))
    except ValueError:
        return text
