"""What every plain container gets: its limits, no right that it does not need, one place in the order of starts."""

from collections.abc import Sequence
from typing import Any

import pulumi_docker as docker
from pulumi import Resource

from components.component import Component
from settings import CacheSettings, DatabaseSettings, LoadBalancerSettings, cpus_text

# After a reboot (files/keep.sh): what keeps data, then what needs it.
DATA, AFTER_DATA = "1", "2"

_REPLACED_BY = ["healthcheck", "mounts", "tmpfs"]
"""Inputs that Docker fixes when it makes a container. The provider takes a change for an update, and never makes it."""


def container(
    component: Component,
    resource: str,
    settings: CacheSettings | DatabaseSettings | LoadBalancerSettings,
    *,
    name: str,
    network: docker.Network,
    starts: str,
    capabilities: Sequence[str],
    check: Sequence[str],
    check_start_period: str,
    grace_seconds: int,
    healthy_within: int,
    after: Sequence[Resource] = (),
    **inputs: Any,
) -> docker.Container:
    """Declare a container, which is deployed when it is healthy; `inputs` is what only this one has.

    `name` is its name on the network too. It has `grace_seconds` to end in, and `healthy_within` seconds to start.
    """
    return docker.Container(
        resource,
        name=name,
        image=settings.image,
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=[name])],
        labels=[docker.ContainerLabelArgs(label="neurmatic.keep", value=starts)],
        cpus=cpus_text(settings.cpus),
        memory=settings.memory,
        memory_swap=settings.memory,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"], adds=[f"CAP_{one}" for one in capabilities]),
        security_opts=["no-new-privileges:true"],
        restart="always",
        stop_timeout=grace_seconds,
        destroy_grace_seconds=grace_seconds,
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=check, interval="5s", timeout="5s", retries=3, start_period=check_start_period
        ),
        # One that dies at its start would pass for deployed.
        wait=True,
        wait_timeout=healthy_within,
        **inputs,
        # The old one, which has the name, goes first.
        opts=component.child(after=after, replace_on_changes=_REPLACED_BY, delete_before_replace=True),
    )
