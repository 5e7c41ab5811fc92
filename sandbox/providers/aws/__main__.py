"""`python -m sandbox.providers.aws <engine address>`: the plugin that the engine starts."""

from sandbox.providers.aws.resources import stand_in
from sandbox.providers.standin import serve

serve(stand_in())
