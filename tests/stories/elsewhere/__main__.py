"""Somebody else's program: a session store, as one finds it in many tutorials."""

import pulumi
import pulumi_docker as docker

here = pulumi.ResourceOptions(provider=docker.Provider("here", host="unix:///var/run/docker.sock"))
network = docker.Network("shop", driver="bridge", opts=here)
docker.Container(
    "sessions",
    image="redis:8",
    ports=[docker.ContainerPortArgs(internal=6379, external=6379)],
    networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name)],
    opts=here,
)
