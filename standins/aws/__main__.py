"""`python -m standins.aws <engine address>`: the plugin that the engine starts."""

from standins.aws.resources import stand_in
from standins.provider.standin import serve

serve(stand_in())
