"""What all plain containers have in common: limits, minimal privileges, and a place in the order of starts."""

from collections.abc import Sequence
from typing import Any

import pulumi_docker as docker
from pulumi import Resource

from components.component import Component
from settings import CacheSettings, DatabaseSettings, LoadBalancerSettings, cpus_text

# The order of starts after a reboot (files/keep.sh): data first, then what needs it.
DATA, AFTER_DATA = "1", "2"

_REPLACED_BY = ["healthcheck", "mounts", "tmpfs"]
"""Inputs that only a new container can change; the provider plans an update for them, and does nothing."""


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
    """Declare a container, which counts as deployed when it is healthy; `inputs` are further inputs of its own.

    `name` is its name on the network too. It has `grace_seconds` to stop, and `healthy_within` seconds to start.
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
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"], adds=[f"CAP_{name}" for name in capabilities]),
        security_opts=["no-new-privileges:true"],
        restart="always",
        stop_timeout=grace_seconds,
        destroy_grace_seconds=grace_seconds,
        healthcheck=docker.ContainerHealthcheckArgs(
            tests=check, interval="5s", timeout="5s", retries=3, start_period=check_start_period
        ),
        # Otherwise a container that dies at its start would count as deployed.
        wait=True,
        wait_timeout=healthy_within,
        **inputs,
        # Deleted first, because both have the same name.
        opts=component.child(after=after, replace_on_changes=_REPLACED_BY, delete_before_replace=True),
    )
