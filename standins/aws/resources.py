"""The resources that the stand-in offers."""

from standins.aws.access_key import AccessKey
from standins.aws.bucket import Bucket
from standins.aws.client import Aws, connect
from standins.aws.encryption import ServerSideEncryptionConfiguration
from standins.aws.group import Group, GroupPolicyAttachment
from standins.aws.lifecycle import LifecycleConfiguration
from standins.aws.object_lock import ObjectLockConfiguration
from standins.aws.ownership import OwnershipControls, PublicAccessBlock
from standins.aws.policy import BucketPolicy, Policy
from standins.aws.user import User, UserGroupMembership
from standins.aws.versioning import Versioning
from standins.provider.standin import StandIn

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
