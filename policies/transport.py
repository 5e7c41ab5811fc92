"""Rules for how the outside talks to us."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import crossplane  # type: ignore[import-untyped]  # brings no types
from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pulumi_policy.proxy import UnknownValueError

_COMMAND = "command:remote:Command"
_ALLOWED = {"TLSv1.2", "TLSv1.3"}
_KNOWN = _ALLOWED | {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"}
# A configuration, or a part of one that opens a server or sets the protocols.
_NGINX = re.compile(r"^\s*((http|server|stream)\s*\{|ssl_protocols\s)", re.MULTILINE)

Directive = dict[str, Any]


def _read(inputs: Mapping[str, Any], key: str) -> str | None:
    """Return a text; None when it is unknown before the deployment."""
    try:
        return str(inputs.get(key) or "")
    except UnknownValueError:
        return None


def _parse(text: str) -> list[Directive] | None:
    """Return the directives, None when nginx could not read them either."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        found = crossplane.parse(file.name, single=True, check_ctx=False)
    return None if found["status"] != "ok" else list(found["config"][0]["parsed"])


def _protocols(block: list[Directive]) -> list[set[str]]:
    return [set(each["args"]) for each in block if each["directive"] == "ssl_protocols"]


def _terminates_tls(server: list[Directive]) -> bool:
    return any(
        (each["directive"] == "listen" and {"ssl", "quic"} & set(each["args"]))
        or (each["directive"] == "ssl" and each["args"] == ["on"])
        for each in server
    )


def _faults(block: list[Directive], inherited: bool) -> Iterator[str]:
    """Yield what is wrong in a block and below; `inherited` says that a block around it sets the protocols."""
    own = _protocols(block)
    for offered in own:
        if offered - _ALLOWED:
            # Only names that we know: the text may hold anything.
            named = ", ".join(sorted(offered & _KNOWN - _ALLOWED)) or "something else"
            yield f"ssl_protocols offers {named}"
    for each in block:
        if "block" not in each:
            continue
        set_here = own or inherited or _protocols(each["block"])
        if each["directive"] == "server" and _terminates_tls(each["block"]) and not set_here:
            yield f"the server at line {each['line']} terminates TLS and no ssl_protocols holds for it"
        yield from _faults(each["block"], inherited or bool(own))


def _validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type != _COMMAND:
        return
    text = _read(args.props, "stdin")
    if text is None:
        script = _read(args.props, "create")
        if script is None or "nginx" in script:
            report(f"{args.name}: what it gives to nginx is unknown before the deployment. {_REMEDIATION}", None)
        return
    if not _NGINX.search(text):
        return
    parsed = _parse(text)
    if parsed is None:
        report(f"{args.name}: the nginx configuration cannot be read. Mend its syntax.", None)
        return
    for fault in _faults(parsed, inherited=False):
        report(f"{args.name}: {fault}. {_REMEDIATION}", None)


_REMEDIATION = "Write `ssl_protocols TLSv1.2 TLSv1.3;` into nginx's http block, and no other ssl_protocols."

nginx_minimum_tls = ResourceValidationPolicy(
    name="nginx-minimum-tls",
    description="nginx speaks TLS 1.2 and 1.3 and nothing older, as its configuration says in so many words.",
    validate=_validate,
    enforcement_level=EnforcementLevel.MANDATORY,
    severity=Severity.HIGH,
    framework=PolicyComplianceFramework(
        name="Mozilla Server Side TLS",
        version="6.0",
        reference="intermediate",
        specification="Protocols: TLS 1.2, TLS 1.3",
    ),
    remediation_steps=_REMEDIATION,
    url="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols",
)

POLICIES = [nginx_minimum_tls]
