"""`python -m sandbox.providers.cloudflare <engine address>`: the plugin that the engine starts."""

from sandbox.providers.cloudflare.provider import provider
from sandbox.providers.standin import serve

serve(provider())
