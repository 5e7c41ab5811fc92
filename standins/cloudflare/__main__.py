"""`python -m standins.cloudflare <engine address>`: the plugin that the engine starts."""

from standins.cloudflare.provider import provider
from standins.provider.standin import serve

serve(provider())
