"""What all settings of a bucket have in common."""

from __future__ import annotations

from typing import ClassVar

from standins.aws.bucket import GONE
from standins.aws.client import Aws, errors
from standins.aws.fields import code
from standins.provider.resource import Resource
from standins.provider.wire import Plain


class Setting(Resource[Aws]):
    """One setting of a bucket: put whole, read back, and removed."""

    replaces = frozenset({"bucket", "expectedBucketOwner", "region"})
    absent: ClassVar[str] = ""
    """The error code of a bucket that has no such setting."""

    def put(self, inputs: Plain) -> None:
        """Bring the setting to the inputs."""
        raise NotImplementedError

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Return the inputs with what the bucket has otherwise put right."""
        raise NotImplementedError

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Take the setting away."""
        raise NotImplementedError

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Put the setting; its id is the bucket's."""
        self.put(inputs)
        return inputs["bucket"], {}

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the setting."""
        del outputs
        try:
            return {**self.get(resource_id, inputs), "bucket": resource_id}, {}
        except errors.ClientError as error:
            if code(error) in (*GONE, self.absent):
                return None
            raise

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Put the setting again."""
        del resource_id, old_inputs, outputs
        self.put(inputs)
        return {}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Take the setting away, unless it is gone with its bucket."""
        del outputs
        try:
            self.remove(resource_id, inputs)
        except errors.ClientError as error:
            if code(error) not in (*GONE, self.absent):
                raise
