"""The end of every rotation of a password."""

from collections.abc import Sequence

import pulumi

from components.cache import Cache
from components.component import Component
from components.database import Database


class Rotation(Component):
    """Revokes the passwords that no backend uses any more: those of earlier, or failed, deployments."""

    def __init__(self, *, database: Database, cache: Cache, after: Sequence[pulumi.Resource]) -> None:
        super().__init__(after=after)
        database.retire_other_logins("rotation-database", opts=self.child())
        cache.retire_other_logins("rotation-cache", opts=self.child())
