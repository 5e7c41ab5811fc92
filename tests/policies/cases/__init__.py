"""What each rule refuses and lets through, as plain data; `CASES` has them all by the rule's id."""

from tests.policies.cases import (
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
from tests.policies.cases.cases import Cases

CASES: dict[str, Cases] = {
    **edge.CASES,
    **firewall.CASES,
    **transport.CASES,
    **http.CASES,
    **proxying.CASES,
    **containers.CASES,
    **daemon.CASES,
    **network.CASES,
    **storage.CASES,
    **identity.CASES,
    **secrets.CASES,
    **stateful.CASES,
}
