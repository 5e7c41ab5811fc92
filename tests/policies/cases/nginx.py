"""What the cases of the rules for nginx have in common: a text, and the resource that holds it."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import BYPASSES, Cases, Declared, of
from tests.policies.program import Change, text

COMMAND = "command:remote:Command"


def holding(configuration: str) -> Declared:
    """Declare the command that hands a configuration to nginx."""
    return [of(COMMAND, create="nginx -t", stdin=configuration)]


def tls(server: str = "", *, http: str = "", listen: str = "443 ssl") -> str:
    """Return a configuration with one server that terminates TLS."""
    return f"http {{ {http} server {{ listen {listen}; {server} }} }}"


def proxy(location: str = "", *, http: str = "") -> str:
    """Return a configuration with one location that hands requests on."""
    return f"http {{ {http} server {{ location / {{ proxy_pass http://backend; {location} }} }} }}"


def ours(old: str, new: str) -> Change:
    """Return the change of production's own configuration."""
    in_the_script = (part.replace("'", "'\"'\"'") for part in (old, new))
    return text("load-balancer-configuration", "stdin", *in_the_script)


def cases(
    *, good: Mapping[str, str], bad: Mapping[str, str], cannot: str = "", canary: str, breaks: tuple[str, str]
) -> Cases:
    """Return the cases of a rule by configurations; nobody knows yet what the unknown one is."""
    return Cases(
        good={name: holding(each) for name, each in good.items()},
        bad={name: holding(each) for name, each in bad.items()},
        cannot=frozenset(cannot.split(", ")) & BYPASSES,
        unknown={"stdin": [of(COMMAND, create="nginx -t", stdin=UNKNOWN)]},
        canary=holding(canary),
        breaks=ours(*breaks),
    )
