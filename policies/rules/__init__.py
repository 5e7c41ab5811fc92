"""All rules, one module for each subject."""

from policies.rule import ResourceRule, StackRule
from policies.rules import (
    containers,
    daemon,
    edge,
    firewall,
    http,
    identity,
    network,
    proxying,
    secrets,
    stateful,
    storage,
    transport,
)

RULES: list[ResourceRule | StackRule] = [
    *edge.RULES,
    *firewall.RULES,
    *transport.RULES,
    *http.RULES,
    *proxying.RULES,
    *containers.RULES,
    *daemon.RULES,
    *network.RULES,
    *storage.RULES,
    *identity.RULES,
    *secrets.RULES,
    *stateful.RULES,
]
