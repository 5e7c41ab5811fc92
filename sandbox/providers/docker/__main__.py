"""`python -m sandbox.providers.docker <engine address>`: the plugin that the engine starts."""

from sandbox.providers.docker.container import Container
from sandbox.providers.docker.daemon import Daemon, explain
from sandbox.providers.docker.network import Network
from sandbox.providers.docker.secret import Secret, ServiceConfig
from sandbox.providers.docker.service import Service
from sandbox.providers.docker.volume import Volume
from sandbox.providers.standin import StandIn, serve

serve(
    StandIn(
        "docker",
        "pulumi_docker.provider:ProviderArgs",
        Daemon,
        [Container, Network, Secret, Service, ServiceConfig, Volume],
        explain=explain,
    )
)
