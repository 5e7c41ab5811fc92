"""What all settings of a bucket have in common."""

from __future__ import annotations

from standins.aws.bucket import GONE
from standins.aws.client import AwsResource
from standins.provider.wire import Plain


class Setting(AwsResource):
    """One setting of a bucket: put whole, read back, and removed."""

    replaces = frozenset({"bucket", "expectedBucketOwner", "region"})
    gone = GONE

    def put(self, inputs: Plain) -> None:
        """Bring the setting to the inputs."""
        raise NotImplementedError

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Return the inputs with what the bucket has otherwise put right."""
        raise NotImplementedError

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Put the setting; its id is the bucket's."""
        self.put(inputs)
        return inputs["bucket"], {}

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain]:
        """Look at the setting."""
        del outputs
        return {**self.get(resource_id, inputs), "bucket": resource_id}, {}

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Put the setting again."""
        del resource_id, old_inputs, outputs
        self.put(inputs)
        return {}
