"""`python -m standins.command <engine address>`: the plugin that the engine starts."""

from standins.command.resources import Command, CopyToRemote
from standins.provider.standin import StandIn, serve

serve(StandIn("command", "pulumi_command.provider:ProviderArgs", lambda _: None, [Command, CopyToRemote]))
