"""All rules, one module for each subject."""

from policies.rule import ResourceRule, StackRule
from policies.rules import (
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

RULES: list[ResourceRule | StackRule] = [
    *cloudflare_zone.RULES,
    *cloudflare_rulesets.RULES,
    *nginx_tls.RULES,
    *nginx_answers.RULES,
    *nginx_proxying.RULES,
    *containers.RULES,
    *docker_daemon.RULES,
    *network.RULES,
    *buckets.RULES,
    *identity.RULES,
    *secrets.RULES,
    *stateful.RULES,
]
