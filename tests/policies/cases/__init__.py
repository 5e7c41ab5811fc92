"""What each rule refuses and lets through, as plain data; `CASES` has them all by the rule's id."""

from tests.policies.cases import (
    buckets,
    cloudflare_rulesets,
    cloudflare_zone,
    containers,
    docker_daemon,
    identity,
    network,
    nginx_answers,
    nginx_proxying,
    nginx_tls,
    secrets,
    stateful,
)
from tests.policies.cases.cases import Cases

CASES: dict[str, Cases] = {
    **cloudflare_zone.CASES,
    **cloudflare_rulesets.CASES,
    **nginx_tls.CASES,
    **nginx_answers.CASES,
    **nginx_proxying.CASES,
    **containers.CASES,
    **docker_daemon.CASES,
    **network.CASES,
    **buckets.CASES,
    **identity.CASES,
    **secrets.CASES,
    **stateful.CASES,
}
