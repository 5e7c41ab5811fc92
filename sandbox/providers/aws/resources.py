"""What the stand-in offers."""

from sandbox.providers.aws.access_key import AccessKey
from sandbox.providers.aws.bucket import Bucket
from sandbox.providers.aws.client import Aws, connect
from sandbox.providers.aws.encryption import ServerSideEncryptionConfiguration
from sandbox.providers.aws.group import Group, GroupPolicyAttachment
from sandbox.providers.aws.lifecycle import LifecycleConfiguration
from sandbox.providers.aws.object_lock import ObjectLockConfiguration
from sandbox.providers.aws.ownership import OwnershipControls, PublicAccessBlock
from sandbox.providers.aws.policy import BucketPolicy, Policy
from sandbox.providers.aws.user import User, UserGroupMembership
from sandbox.providers.aws.versioning import Versioning
from sandbox.providers.standin import StandIn

RESOURCES = (
    AccessKey,
    Bucket,
    BucketPolicy,
    Group,
    GroupPolicyAttachment,
    LifecycleConfiguration,
    ObjectLockConfiguration,
    OwnershipControls,
    Policy,
    PublicAccessBlock,
    ServerSideEncryptionConfiguration,
    User,
    UserGroupMembership,
    Versioning,
)


def stand_in() -> StandIn[Aws]:
    """Return the stand-in; it connects at first use."""
    return StandIn("aws", "pulumi_aws:ProviderArgs", connect, RESOURCES)
