"""`python -m standins.docker <engine address>`: the plugin that the engine starts."""

from standins.docker.container import Container
from standins.docker.daemon import Daemon, explain
from standins.docker.network import Network
from standins.docker.secret import Secret, ServiceConfig
from standins.docker.service import Service
from standins.docker.volume import Volume
from standins.provider.standin import StandIn, serve

serve(
    StandIn(
        "docker",
        "pulumi_docker.provider:ProviderArgs",
        Daemon,
        [Container, Network, Secret, Service, ServiceConfig, Volume],
        explain=explain,
    )
)
