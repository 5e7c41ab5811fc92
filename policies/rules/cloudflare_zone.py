"""Rules for what stands before the host: a zone at Cloudflare, its settings, and the names of the web and of mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import IPv6Address, ip_interface
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policies.frameworks import cloudflare_docs, ietf, nist_800_53, owasp_asvs
from policies.nginx import answers, configurations, parse, tls_servers, verifies_clients
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, of_type, read

PROVIDER = "pulumi:providers:cloudflare"
ZONE = "cloudflare:index/zone:Zone"
ZONE_SETTING = "cloudflare:index/zoneSetting:ZoneSetting"
HOSTNAME_SETTING = "cloudflare:index/hostnameTlsSetting:HostnameTlsSetting"
PAGE_RULE = "cloudflare:index/pageRule:PageRule"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
DNSSEC = "cloudflare:index/zoneDnssec:ZoneDnssec"
PULLS = "cloudflare:index/authenticatedOriginPullsSettings:AuthenticatedOriginPullsSettings"
PULL_CERTIFICATE = "cloudflare:index/authenticatedOriginPullsCertificate:AuthenticatedOriginPullsCertificate"

_YEAR_SECONDS = 31_536_000


def of_zone(zone: Resource, stack: Stack, type_: str) -> list[Resource]:
    """Return the resources of a type that belong to a zone, by its output `id`."""
    return stack.companions(zone, type_, "zoneId", "id")


def number(value: Any) -> float | None:
    """Return a number, None where a value is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


# Settings of a zone: each value is judged by itself, and that there is one beside the zone.

_SETTINGS = (ZONE_SETTING, HOSTNAME_SETTING)


def _is_setting(name: str) -> Callable[[Resource], bool]:
    """Return the predicate whether a resource is this setting, of a zone or of one name."""
    return lambda resource: resource.type in _SETTINGS and read(resource.inputs, "settingId") == name


def _value_in(*good: Any) -> Callable[[Resource, Limits], Iterator[str]]:
    """Return the check that a setting has one of the good values."""

    def check(resource: Resource, _: Limits) -> Iterator[str]:
        setting = read(resource.inputs, "settingId")
        if read(resource.inputs, "value") not in good:
            yield f"value: {setting} is not {' or '.join(dict.fromkeys(map(str, good)))}"

    return check


def _hsts(resource: Resource, limits: Limits) -> Iterator[str]:
    header = read(resource.inputs, "value", "strict_transport_security")
    for name in ("enabled", "include_subdomains", "nosniff"):
        if read(header, name) is not True:
            yield f"value.strict_transport_security.{name}: is not true"
    if (number(read(header, "max_age")) or 0) < limits["max_age_seconds"]:
        yield f"value.strict_transport_security.max_age: is less than {limits['max_age_seconds']}"


def _undeclared(zone: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    declared = {read(setting.inputs, "settingId") for setting in of_zone(zone, stack, ZONE_SETTING)}
    for setting in limits["settings"]:
        if setting not in declared:
            yield f"no ZoneSetting says what {setting} is, so that it stays as somebody has clicked it"


# developers.cloudflare.com/api/resources/zones/subresources/settings: all values but those that take a defence away.
_DEFENCES = {"security_level": ("low", "medium", "high", "under_attack"), "development_mode": ("off",)}


def _lowered(resource: Resource, _: Limits) -> Iterator[str]:
    setting = read(resource.inputs, "settingId")
    if setting in _DEFENCES and read(resource.inputs, "value") not in _DEFENCES[setting]:
        yield f"value: {setting} is not {' or '.join(_DEFENCES[setting])}"


def _paused(zone: Resource, _: Limits) -> Iterator[str]:
    if read(zone.inputs, "paused") not in (None, False):
        yield "paused: is not false, so that Cloudflare does no more for the zone than tell the origin's address"


def _overruled(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    for page_rule in of_zone(zone, stack, PAGE_RULE):
        if read(page_rule.inputs, "status") != "disabled":
            yield f"the PageRule {page_rule.name} may overrule the zone's settings and rulesets"


def _global_key(resource: Resource, _: Limits) -> Iterator[str]:
    for name in ("apiKey", "email", "apiUserServiceKey"):
        if read(resource.inputs, name) is not None:
            yield f"{name}: belongs to a key that may do everything in the account"
    if not str(read(resource.inputs, "apiToken") or "").strip():
        yield "apiToken: is missing, so that the environment decides which key is used"


# Names

_LEADING = ("A", "AAAA", "CNAME")


def _places(record: Resource) -> set[Any]:
    """Return the addresses and names in a record's content, those in an SPF policy included."""
    data = read(record.inputs, "data")
    texts = [read(record.inputs, "content"), read(data, "value"), read(data, "target")]
    words = [word for text in texts if text is not None for word in re.split(r'[\s",;=]+', str(text))]
    return {_place(re.sub(r"^[+?~-]?(ip4:|ip6:)?", "", word.lower())) for word in words}


def _place(word: str) -> Any:
    try:
        address = ip_interface(word).ip
    except ValueError:
        return word.rstrip(".")
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _tells(record: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if read(record.inputs, "proxied") is True:
        return
    proxied = [other for other in stack.of(RECORD) if read(other.inputs, "proxied") is True]
    hidden = {place for other in proxied for place in _places(other)}
    if not hidden:
        return
    if _places(record) & hidden:
        yield "content: tells what other records keep behind Cloudflare"
    elif read(record.inputs, "type") in _LEADING and _place(str(read(record.inputs, "name")).lower()) in hidden:
        yield "proxied: is not true, and a record that is proxied leads to this name"


def _ttl(record: Resource, _: Limits) -> Iterator[str]:
    seconds = number(read(record.inputs, "ttl"))
    if read(record.inputs, "proxied") is True:
        if seconds != 1:
            yield "ttl: is not 1, the only one that Cloudflare keeps for a record that is proxied"
    elif seconds != 1 and not 60 <= (seconds or 0) <= 86_400:
        yield "ttl: is neither 1 nor from 60 to 86400"


def _at(zone: Resource, stack: Stack, type_: str, label: str = "") -> Iterator[Resource]:
    """Yield the records of a type at the zone's own name, or at a label below it."""
    name = str(read(zone.inputs, "name")).lower()
    names = {f"{label}.{name}", label} if label else {name, "@"}
    for record in of_zone(zone, stack, RECORD):
        if read(record.inputs, "type") == type_ and str(read(record.inputs, "name")).lower().rstrip(".") in names:
            yield record


def _issuers(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    data = [read(record.inputs, "data") for record in _at(zone, stack, "CAA")]
    if not any(read(caa, "tag") == "issue" and read(caa, "value") for caa in data):
        yield "no CAA record with data.tag issue names an authority"
    if not any(
        read(caa, "tag") == "iodef" and str(read(caa, "value")).startswith(("mailto:", "https://")) for caa in data
    ):
        yield "no CAA record with data.tag iodef says where to report"


def _unsigned(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if [read(dnssec.inputs, "status") for dnssec in of_zone(zone, stack, DNSSEC)] != ["active"]:
        yield "no ZoneDnssec has status active"


def _policies(zone: Resource, stack: Stack, label: str, version: str) -> list[str]:
    """Return the TXT records that begin with a version, their strings joined."""
    texts = [str(read(record.inputs, "content")) for record in _at(zone, stack, "TXT", label)]
    joined = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)) or text for text in texts]
    return [text for text in joined if re.match(version, text)]


def _anybody_sends(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    policies = _policies(zone, stack, "", r"(?i)v=spf1(\s|$)")
    if len(policies) != 1:
        yield f"{len(policies)} TXT records at the zone's name are SPF policies, where receivers want one"
        return
    terms = policies[0].lower().split()
    # What follows the first `all` counts for nothing, and so does the redirect of a policy that has one.
    ends = next((term for term in terms if term.lstrip("+-~?") == "all"), None)
    if ends not in ("-all", "~all"):
        yield "the SPF policy ends neither with -all nor with ~all"
    if any(re.fullmatch(r"\+?(ip[46]:|a|mx)\S*/[0-7]", term) for term in terms):
        yield "the SPF policy names so large a network that it holds for half of the Internet"


def _forgeable(zone: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    policies = _policies(zone, stack, "_dmarc", r"v=DMARC1\s*(;|$)")
    if len(policies) != 1:
        yield f"{len(policies)} TXT records at _dmarc are DMARC policies, where receivers want one"
        return
    tags = {key.strip(): value.strip() for key, _, value in (tag.partition("=") for tag in policies[0].split(";"))}
    for tag in ("p", "sp"):
        if tags.get(tag, tags.get("p")) not in limits["policies"]:
            yield f"the DMARC policy's {tag} is not {' or '.join(limits['policies'])}"
    if tags.get("pct", "100") != "100":
        yield "the DMARC policy's pct is not 100"


def _reachable(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if not any(read(record.inputs, "proxied") is True for record in of_zone(zone, stack, RECORD)):
        return
    pulls = of_zone(zone, stack, PULLS)
    if not pulls or any(read(setting.inputs, "enabled") is not True for setting in pulls):
        yield "no AuthenticatedOriginPullsSettings is enabled, so that Cloudflare shows the origin no certificate"
    if not of_zone(zone, stack, PULL_CERTIFICATE):
        yield "no AuthenticatedOriginPullsCertificate is declared, so that any customer of Cloudflare shows the same"
    texts = [text for resource in stack.resources for _, text in configurations(resource)]
    served = [text for text in texts if _serves_by_tls(text)]
    if not served and all(parse(text)[0] for text in texts):
        yield "no configuration of nginx demands a client's certificate, because none that serves by TLS is declared"
    if not all(map(verifies_clients, served)):
        yield "nginx serves clients that show no certificate"


def _serves_by_tls(text: str) -> bool:
    tree, _ = parse(text)  # the rule nginx-configuration-readable reports what cannot be parsed
    return tree is not None and any(map(answers, tls_servers(tree)))


DOCS = "https://developers.cloudflare.com"
_zone_rule = partial(StackRule, judges=of_type(ZONE))

RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="origin-certificate-checked",
        sentence="Cloudflare reaches the origin by TLS alone, and checks its certificate.",
        severity=Severity.CRITICAL,
        framework=owasp_asvs("12.3.2", "Verify that TLS clients validate the certificates that they receive"),
        url=f"{DOCS}/ssl/origin-configuration/ssl-modes/full-strict/",
        mend="Give the ZoneSetting with setting_id=`ssl` the value `strict`.",
        judges=_is_setting("ssl"),
        check=_value_in("strict"),
    ),
    ResourceRule(
        id="edge-redirects-to-https",
        sentence="Cloudflare answers no request over http with more than a redirect to https.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "12.2.1", "Verify that TLS is used for all connectivity between a client and external facing services"
        ),
        url=f"{DOCS}/ssl/edge-certificates/additional-options/always-use-https/",
        mend="Give the ZoneSetting with setting_id=`always_use_https` the value `on`.",
        judges=_is_setting("always_use_https"),
        check=_value_in("on"),
    ),
    ResourceRule(
        id="edge-rewrites-links-to-https",
        sentence="Cloudflare turns links to http in pages into https.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=cloudflare_docs(
            "SSL/TLS, Automatic HTTPS Rewrites", "Prevents end users from seeing mixed content errors"
        ),
        url=f"{DOCS}/ssl/edge-certificates/additional-options/automatic-https-rewrites/",
        mend="Give the ZoneSetting with setting_id=`automatic_https_rewrites` the value `on`.",
        judges=_is_setting("automatic_https_rewrites"),
        check=_value_in("on"),
    ),
    ResourceRule(
        id="edge-minimum-tls",
        sentence="Cloudflare speaks TLS 1.2 with visitors, or newer.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "12.1.1", "Verify that only the latest recommended versions of the TLS protocol are enabled"
        ),
        url=f"{DOCS}/ssl/edge-certificates/additional-options/minimum-tls/",
        mend="Give the ZoneSetting with setting_id=`min_tls_version` the value `1.2` or `1.3`.",
        judges=_is_setting("min_tls_version"),
        check=_value_in("1.2", "1.3", 1.2, 1.3),
    ),
    ResourceRule(
        id="edge-newest-tls",
        sentence="Cloudflare speaks TLS 1.3 with visitors who can.",
        severity=Severity.MEDIUM,
        framework=owasp_asvs("12.1.1", "The latest version of the TLS protocol must be the preferred option"),
        url=f"{DOCS}/ssl/edge-certificates/additional-options/tls-13/",
        mend="Give the ZoneSetting with setting_id=`tls_1_3` the value `on`.",
        judges=_is_setting("tls_1_3"),
        check=_value_in("on", "zrt"),
    ),
    ResourceRule(
        id="edge-early-data-refused",
        sentence="Cloudflare takes no requests as early data of TLS 1.3, which others can send again.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("SC-23", "Protect the authenticity of communications sessions"),
        url=f"{DOCS}/speed/optimization/protocol/0-rtt-connection-resumption/",
        mend="Give the ZoneSetting with setting_id=`0rtt` the value `off`.",
        judges=_is_setting("0rtt"),
        check=_value_in("off"),
    ),
    ResourceRule(
        id="edge-hsts",
        sentence="Cloudflare tells browsers for a year to ask for the domain and all names below it by https alone.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "3.4.1", "Verify that a Strict-Transport-Security header has a max-age of at least 1 year"
        ),
        url=f"{DOCS}/ssl/edge-certificates/additional-options/http-strict-transport-security/",
        mend=(
            'Give the ZoneSetting with setting_id=`security_header` the value {"strict_transport_security": {"enabled":'
            ' True, "max_age": 31536000, "include_subdomains": True, "preload": True, "nosniff": True}}.'
        ),
        limits={"max_age_seconds": Limit(_YEAR_SECONDS, "for how long browsers remember it, at least")},
        judges=_is_setting("security_header"),
        check=_hsts,
    ),
    _zone_rule(
        id="zone-settings-declared",
        sentence="The program declares every setting of a zone on which the security of its visitors depends.",
        severity=Severity.HIGH,
        framework=nist_800_53("CM-6", "Establish and document configuration settings, and implement them"),
        url=f"{DOCS}/api/resources/zones/subresources/settings/",
        mend="Declare a cloudflare.ZoneSetting with the zone's id as zone_id, that setting_id, and a safe value.",
        limits={
            "settings": Limit(
                (
                    *("ssl", "always_use_https", "automatic_https_rewrites", "min_tls_version", "tls_1_3", "0rtt"),
                    "security_header",
                ),
                "the settings that have to be declared",
            )
        },
        check=_undeclared,
    ),
    ResourceRule(
        id="zone-defences-raised",
        sentence="No setting of a zone turns its security level or its cache off.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cloudflare_docs("WAF, Security Level", "Controls Managed Challenges for requests from bad addresses"),
        url=f"{DOCS}/waf/tools/security-level/",
        mend="Give security_level the value `medium` and development_mode the value `off`, or leave them out.",
        judges=of_type(ZONE_SETTING),
        check=_lowered,
    ),
    ResourceRule(
        id="zone-not-paused",
        sentence="No zone is paused, which takes all of Cloudflare's protection away at once.",
        severity=Severity.CRITICAL,
        framework=cloudflare_docs(
            "API, Edit Zone, paused", "A true value means the zone will not receive security or performance benefits"
        ),
        url=f"{DOCS}/api/resources/zones/methods/edit/",
        mend="Take `paused` out of the Zone's inputs.",
        judges=of_type(ZONE),
        check=_paused,
    ),
    _zone_rule(
        id="page-rules-unused",
        sentence="A zone has rulesets and no page rules, which change its settings for some paths.",
        severity=Severity.MEDIUM,
        framework=cloudflare_docs("Rules, Page Rules migration guide", "Page Rules are deprecated"),
        url=f"{DOCS}/rules/reference/page-rules-migration/",
        mend="Write what the page rule does as rules of a cloudflare.Ruleset, which other policies judge.",
        check=_overruled,
    ),
    ResourceRule(
        id="cloudflare-token-scoped",
        sentence="The program speaks to Cloudflare by a token that may do no more than it needs.",
        severity=Severity.HIGH,
        framework=nist_800_53("AC-6", "Employ the principle of least privilege"),
        url=f"{DOCS}/fundamentals/api/get-started/create-token/",
        mend="Give cloudflare.Provider a secret api_token for this zone alone, and neither api_key nor email.",
        judges=of_type(PROVIDER),
        check=_global_key,
    ),
    StackRule(
        id="origin-address-untold",
        sentence="Where a record is proxied, no other record tells the address that it keeps behind Cloudflare.",
        severity=Severity.HIGH,
        framework=cloudflare_docs(
            "Fundamentals, Protect your origin server",
            "Proxy DNS records; rotate the addresses that unproxied ones tell",
        ),
        url=f"{DOCS}/fundamentals/security/protect-your-origin-server/",
        mend="Give the record proxied=True, or lead it to another machine; in SPF use include: in place of ip4:.",
        judges=of_type(RECORD),
        check=_tells,
    ),
    ResourceRule(
        id="record-ttl-kept",
        sentence="Every record has a TTL that Cloudflare keeps and resolvers honour.",
        severity=Severity.LOW,
        framework=cloudflare_docs(
            "DNS, Time to Live (TTL)",
            "Proxied records: Auto, which is 300 seconds; others: 60 to 86400 seconds, or Auto",
        ),
        url=f"{DOCS}/dns/manage-dns-records/reference/ttl/",
        mend="Give a proxied record ttl=1, and any other 1 or a number of seconds from 60 to 86400.",
        judges=of_type(RECORD),
        check=_ttl,
    ),
    _zone_rule(
        id="certificate-issuers-limited",
        sentence="CAA records say who may issue certificates for a zone, and where others are reported.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=cloudflare_docs(
            "SSL/TLS, CAA records",
            "A CAA record specifies which certificate authorities may issue certificates for a domain",
        ),
        url=f"{DOCS}/ssl/edge-certificates/caa-records/",
        mend=(
            "Declare two cloudflare.DnsRecord of type CAA with the zone's own name: data.tag `issue` with the authority"
            " as data.value, and data.tag `iodef` with a mailto: or https: address."
        ),
        check=_issuers,
    ),
    _zone_rule(
        id="zone-signed",
        sentence="A zone is signed, so that nobody answers for it unseen.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=nist_800_53(
            "SC-20", "Provide data origin authentication and integrity verification artifacts with answers"
        ),
        url=f"{DOCS}/dns/dnssec/",
        mend="Declare a cloudflare.ZoneDnssec with status=`active`, and give its DS record to the registrar.",
        check=_unsigned,
    ),
    _zone_rule(
        id="mail-senders-limited",
        sentence="SPF names who sends mail for a zone, and refuses everybody else.",
        severity=Severity.HIGH,
        framework=ietf("RFC 7208", "5.1", "`all` provides an explicit default, as the rightmost"),
        url="https://www.rfc-editor.org/rfc/rfc7208#section-5.1",
        mend=(
            "Declare one cloudflare.DnsRecord of type TXT at the zone's name whose content begins with v=spf1 and ends"
            " with -all or ~all: `v=spf1 -all` where nobody sends."
        ),
        check=_anybody_sends,
    ),
    _zone_rule(
        id="forged-mail-refused",
        sentence="DMARC asks receivers not to deliver mail that only pretends to come from a zone.",
        severity=Severity.HIGH,
        framework=ietf("RFC 7489", "6.3", "p: the policy to be enacted at the domain owner's request"),
        url="https://www.rfc-editor.org/rfc/rfc7489#section-6.3",
        mend=(
            "Declare one cloudflare.DnsRecord of type TXT at _dmarc with the content `v=DMARC1; p=reject`, or with"
            " p=quarantine; leave sp= and pct= out."
        ),
        limits={"policies": Limit(("quarantine", "reject"), "what receivers may be asked to do")},
        check=_forgeable,
    ),
    _zone_rule(
        id="origin-refuses-others",
        sentence="Where records are proxied, the origin serves nobody but Cloudflare, and only for this zone.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "12.3.5", "Verify that services use strong authentication such as TLS client authentication"
        ),
        url=f"{DOCS}/ssl/origin-configuration/authenticated-origin-pull/set-up/zone-level/",
        mend=(
            "Declare AuthenticatedOriginPullsSettings with enabled=True and an AuthenticatedOriginPullsCertificate of"
            " your own, and write `ssl_client_certificate` and `ssl_verify_client on;` into nginx's http block."
        ),
        check=_reachable,
    ),
]
