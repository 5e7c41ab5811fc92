"""Rules for buckets: nobody unknown reads them, nothing in them is lost by accident, nothing is kept for ever."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import ip_network
from typing import Any

from pulumi_policy import EnforcementLevel, Severity

from policies.documents import Statement, matches, parse
from policies.frameworks import aws_fsbp, cis_aws, nist_800_53
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type, read

_DOCS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"


def _plain_and_v2(noun: str) -> tuple[str, str]:
    """Return a type, and its twin from the years when the provider named it V2."""
    token = f"aws:s3/{noun[0].lower()}{noun[1:]}"
    return f"{token}:{noun}", f"{token}V2:{noun}V2"


BUCKETS = _plain_and_v2("Bucket")
BLOCKS = ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",)
ENCRYPTIONS = _plain_and_v2("BucketServerSideEncryptionConfiguration")
VERSIONINGS = _plain_and_v2("BucketVersioning")
OWNERSHIPS = ("aws:s3/bucketOwnershipControls:BucketOwnershipControls",)
ACLS = _plain_and_v2("BucketAcl")
POLICIES = ("aws:s3/bucketPolicy:BucketPolicy",)
LIFECYCLES = _plain_and_v2("BucketLifecycleConfiguration")
LOCKS = _plain_and_v2("BucketObjectLockConfiguration")
LOGGINGS = _plain_and_v2("BucketLogging")
REPLICATIONS = ("aws:s3/bucketReplicationConfig:BucketReplicationConfig",)


def _companions(bucket: Resource, stack: Stack, types: tuple[str, ...]) -> list[Resource]:
    for companion in stack.of(*types):
        if not companion.refers.get("bucket"):
            read(companion.inputs, "bucket")  # an unknown bucket may be this one: then the read raises
    return [companion for type_ in types for companion in stack.companions(bucket, type_, "bucket", "bucket")]


def _has_one_companion(noun: str, types: tuple[str, ...]) -> Callable[[Resource, Stack, Limits], Iterator[str]]:
    def check(bucket: Resource, stack: Stack, _: Limits) -> Iterator[str]:
        companions = _companions(bucket, stack, types)
        if not companions:
            yield f"has no {noun}"
        elif len(companions) > 1:
            yield f"has {len(companions)} resources for its {noun}, of which the last to be deployed holds"

    return check


FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _all_blocked(resource: Resource, _: Limits) -> Iterator[str]:
    for flag in FLAGS:
        if read(resource.inputs, flag) is not True:
            yield f"{flag}: is not true"


def _encrypts(resource: Resource, limits: Limits) -> Iterator[str]:
    rules = list(items(resource.inputs, "rules"))
    if not rules:
        yield "rules: is missing or empty"
    for index, rule in enumerate(rules):
        if read(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm") not in limits["algorithms"]:
            yield f"rules[{index}].applyServerSideEncryptionByDefault.sseAlgorithm: is none that is accepted"


def _versions(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "versioningConfiguration", "status") != "Enabled":
        yield "versioningConfiguration.status: is not Enabled"


def _owner_owns(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "rule", "objectOwnership") != "BucketOwnerEnforced":
        yield "rule.objectOwnership: is not BucketOwnerEnforced, so that access control lists hold"


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl, those that admit no stranger.
_PRIVATE_ACLS = (None, "private", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write")
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_WITH_ACL = (
    *BUCKETS,
    *ACLS,
    *("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"),
)


def _acl_is_private(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "acl") not in _PRIVATE_ACLS:
        yield "acl: admits others than the owner"
    for index, grant in enumerate(items(resource.inputs, "grants")):
        if read(grant, "uri") not in (None, _LOG_DELIVERY):
            yield f"grants[{index}].uri: admits a group of strangers"
    for index, grant in enumerate(items(resource.inputs, "accessControlPolicy", "grants")):
        if read(grant, "grantee", "uri") not in (None, _LOG_DELIVERY):
            yield f"accessControlPolicy.grants[{index}].grantee.uri: admits a group of strangers"


def _has_policy(resource: Resource) -> bool:
    return resource.type in POLICIES or (resource.type in BUCKETS and "policy" in resource.inputs)


def _refuses_plain_http(bucket: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    holders = [resource for resource in [bucket, *_companions(bucket, stack, POLICIES)] if _has_policy(resource)]
    if len(holders) != 1:
        yield f"has {len(holders)} policies; one holds, and has to refuse plain http"
        return
    document = parse(read(holders[0].inputs, "policy"))
    yield from (f"its policy: {fault}" for fault in document.faults)
    name = read(bucket.inputs, "bucket")
    if not name:
        yield "bucket: is not named in the program, so that nobody can tell whether its policy means it"
        return
    patterns = [
        _partition_aws(arn)
        for statement in document.statements
        if _denies_plain_http(statement)
        for arn in statement.resources
    ]
    # Keys of one sign and of more that stand in no policy: only a wildcard for every key matches both.
    wanted = {"the bucket": [""], "its objects": ["/\ue000", "/\ue000\ue001\ue002"]}
    for what, paths in wanted.items():
        if not all(any(matches(pattern, f"arn:aws:s3:::{name}{path}") for pattern in patterns) for path in paths):
            yield f"its policy: does not refuse plain http for {what}, whoever asks and whatever for"


def _partition_aws(arn: str) -> str:
    return re.sub(r"^arn:aws-[a-z-]+:", "arn:aws:", arn)


def _denies_plain_http(statement: Statement) -> bool:
    return (
        not statement.allows
        and ("AWS", "*") in statement.principals
        and any(action.lower() in ("*", "s3:*") for action in statement.actions)
        # This condition alone: any other beside it narrows what is denied.
        and any(
            statement.conditions == {operator: {"aws:securetransport": ("false",)}}
            for operator in ("Bool", "BoolIfExists")
        )
    )


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public"
_NARROWING = {
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid"),
    *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"),
    *("aws:sourcevpc", "aws:sourcevpce", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
}
_EQUALITIES = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}
_WIDEST = {4: 8, 6: 32}  # bits; of the same page, on aws:SourceIp


def _not_public(resource: Resource, _: Limits) -> Iterator[str]:
    document = parse(read(resource.inputs, "policy"))
    yield from (f"policy: {fault}" for fault in document.faults)
    for statement in document.statements:
        if not statement.allows or any(_narrows(*condition) for condition in statement.conditions.items()):
            continue
        if "NotPrincipal" in statement.negated:
            yield f"policy: {statement.where}.NotPrincipal: allows everyone else"
        elif not statement.principals:
            yield f"policy: {statement.where}.Principal: is missing"
        elif any("*" in name for _, name in statement.principals):
            yield f"policy: {statement.where}.Principal: allows everyone, and no condition narrows it"


def _narrows(operator: str, keys: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether one condition of a statement restricts it to the callers that it names."""
    plain = operator.removeprefix("ForAnyValue:")
    return any(
        bool(values)
        and (
            (plain in _EQUALITIES and key in _NARROWING and not any(set(value) & set("*?$") for value in values))
            or (plain == "IpAddress" and key == "aws:sourceip" and all(map(_narrow_network, values)))
        )
        for key, values in keys.items()
    )


def _narrow_network(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _WIDEST[network.version]


def _all_enabled(resource: Resource, _: Limits) -> Iterator[str]:
    for index, rule in enumerate(items(resource.inputs, "rules")):
        if read(rule, "status") != "Enabled":
            yield f"rules[{index}].status: is not Enabled"


def _matches_every_object(rule: Any) -> bool:
    parts = (rule, read(rule, "filter"), read(rule, "filter", "and"))
    narrowing = ("prefix", "tag", "tags", "objectSizeGreaterThan", "objectSizeLessThan")
    return not any(read(part, key) for part in parts for key in narrowing)


# Each of these leaves `status` to lifecycle-rules-enabled, so that one disabled rule is one finding.
def _expires(resource: Resource, limits: Limits) -> Iterator[str]:
    expires = False
    for index, rule in enumerate(items(resource.inputs, "rules")):
        if read(rule, "expiration", "date") is not None:
            yield f"rules[{index}].expiration.date: deletes on a day whatever is there, however young"
        days = read(rule, "expiration", "days")
        if days is not None:
            if days < limits["shortest"]:
                yield f"rules[{index}].expiration.days: is below {limits['shortest']:g}"
            expires = expires or (days <= limits["longest"] and _matches_every_object(rule))
    if not expires:
        yield f"rules: none lets every object expire within {limits['longest']:g} days"


def _gets_colder(resource: Resource, limits: Limits) -> Iterator[str]:
    for rule in items(resource.inputs, "rules"):
        where = (read(rule, "filter"), read(rule, "filter", "and"))
        if any(read(part, key) for part in where for key in ("tag", "tags", "objectSizeLessThan")):
            continue  # what has no such tag, or is large, stays where it is
        for transition in items(rule, "transitions"):
            days = read(transition, "days")
            if days is not None and days <= limits["days"] and read(transition, "storageClass") in limits["classes"]:
                return
    yield f"rules: none moves objects to a colder class within {limits['days']:g} days"


def _aborts_uploads(resource: Resource, limits: Limits) -> Iterator[str]:
    for rule in items(resource.inputs, "rules"):
        days = read(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")
        if days is not None and 1 <= days <= limits["days"] and _matches_every_object(rule):
            return
    yield f"rules: none aborts every incomplete upload within {limits['days']:g} days"


def _forgets_versions(resource: Resource, limits: Limits) -> Iterator[str]:
    expires = False
    for index, rule in enumerate(items(resource.inputs, "rules")):
        days = read(rule, "noncurrentVersionExpiration", "noncurrentDays")
        if days is None:
            continue
        if days < limits["shortest"]:
            yield f"rules[{index}].noncurrentVersionExpiration.noncurrentDays: is below {limits['shortest']:g}"
        # Those that it counts as newer would stay for ever.
        keeps = read(rule, "noncurrentVersionExpiration", "newerNoncurrentVersions")
        expires = expires or (days <= limits["longest"] and not keeps and _matches_every_object(rule))
    if not expires:
        yield f"rules: none lets every noncurrent version expire within {limits['longest']:g} days"


def _not_forced(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "forceDestroy") not in (None, False):
        yield "forceDestroy: deletes every object, locked ones included, together with the bucket"


def _locks(bucket: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    for lock in _companions(bucket, stack, LOCKS):
        retention = read(lock.inputs, "rule", "defaultRetention")
        time = read(retention, "days") or read(retention, "years") or 0
        if read(retention, "mode") in limits["modes"] and time >= 1:
            return
    yield "has no object lock that keeps each object for a time"


def _logs(bucket: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if not any(read(logging.inputs, "targetBucket") for logging in _companions(bucket, stack, LOGGINGS)):
        yield "writes no access log"


def _replicates(bucket: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    replications = _companions(bucket, stack, REPLICATIONS)
    if not any(
        read(rule, "status") == "Enabled" for replication in replications for rule in items(replication.inputs, "rules")
    ):
        yield "is replicated nowhere"


_bucket_rule = partial(StackRule, judges=of_type(*BUCKETS))
_lifecycle_rule = partial(ResourceRule, judges=of_type(*LIFECYCLES))

RULES: list[ResourceRule | StackRule] = [
    _bucket_rule(
        id="bucket-public-access-block",
        sentence="Every bucket has a public access block of its own.",
        severity=Severity.HIGH,
        framework=cis_aws("2.1.4", "Ensure that S3 is configured with 'Block Public Access' enabled"),
        url=f"{_DOCS}/access-control-block-public-access.html",
        mend=f"Declare one aws.s3.BucketPublicAccessBlock for it, with {', '.join(FLAGS)} all true.",
        check=_has_one_companion("public access block", BLOCKS),
    ),
    ResourceRule(
        id="public-access-fully-blocked",
        sentence="A public access block blocks and ignores public lists and public policies, the four of them.",
        severity=Severity.HIGH,
        framework=aws_fsbp("S3.8", "S3 general purpose buckets should block public access"),
        url=f"{_DOCS}/access-control-block-public-access.html",
        mend=f"Write {', '.join(FLAGS)} out, each true.",
        judges=of_type(*BLOCKS, "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"),
        check=_all_blocked,
    ),
    _bucket_rule(
        id="bucket-default-encryption",
        sentence="Every bucket says how it encrypts what is put there without a word about it.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("SC-28", "Protect the confidentiality and integrity of information at rest"),
        url=f"{_DOCS}/default-bucket-encryption.html",
        mend="Declare one aws.s3.BucketServerSideEncryptionConfiguration for it, with the algorithm AES256 or aws:kms.",
        check=_has_one_companion("default encryption", ENCRYPTIONS),
    ),
    ResourceRule(
        id="default-encryption-algorithm",
        sentence="A bucket's default encryption is S3's own or that of a key in KMS.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("SC-28(1)", "Implement cryptographic mechanisms to protect information at rest"),
        url=f"{_DOCS}/default-bucket-encryption.html",
        mend="Give each rule applyServerSideEncryptionByDefault with sseAlgorithm AES256, or aws:kms and a key.",
        limits={"algorithms": Limit(("AES256", "aws:kms", "aws:kms:dsse"), "values of sseAlgorithm that are accepted")},
        judges=of_type(*ENCRYPTIONS),
        check=_encrypts,
    ),
    _bucket_rule(
        id="bucket-versioning",
        sentence="Every bucket has a resource that says that its objects are versioned.",
        severity=Severity.HIGH,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url=f"{_DOCS}/Versioning.html",
        mend="Declare one aws.s3.BucketVersioning for it, with versioningConfiguration.status Enabled.",
        check=_has_one_companion("versioning", VERSIONINGS),
    ),
    ResourceRule(
        id="versioning-enabled",
        sentence="Versioning is enabled, so that what is overwritten or deleted can be had back.",
        severity=Severity.HIGH,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url=f"{_DOCS}/Versioning.html",
        mend="Write versioningConfiguration.status Enabled; Suspended keeps no version of what is overwritten.",
        judges=of_type(*VERSIONINGS),
        check=_versions,
    ),
    _bucket_rule(
        id="bucket-tls-only",
        sentence="Every bucket's policy denies everyone every action over plain http, for the bucket and its objects.",
        severity=Severity.HIGH,
        framework=cis_aws("2.1.1", "Ensure S3 Bucket Policy is set to deny HTTP requests"),
        url=f"{_DOCS}/security-best-practices.html",
        mend=(
            'Give the bucket one aws.s3.BucketPolicy with a statement of Effect Deny, Principal "*", Action "s3:*", '
            'Resource the bucket\'s ARN and that ARN with "/*", and the sole Condition '
            '{"Bool": {"aws:SecureTransport": "false"}}.'
        ),
        check=_refuses_plain_http,
    ),
    ResourceRule(
        id="bucket-policy-not-public",
        sentence="No statement of a bucket's policy allows everyone in, unless a condition names who that is.",
        severity=Severity.CRITICAL,
        framework=aws_fsbp("S3.2", "S3 general purpose buckets should block public read access"),
        url=f"{_DOCS}/access-control-block-public-access.html",
        mend=(
            "Name accounts, users, roles or services as the Principal of what it allows, or narrow it by StringEquals "
            "of aws:PrincipalOrgID, aws:SourceVpce, aws:SourceAccount or the like without a wildcard, or by IpAddress "
            "of a narrow aws:SourceIp."
        ),
        judges=_has_policy,
        check=_not_public,
    ),
    _bucket_rule(
        id="bucket-ownership",
        sentence="Every bucket says who owns what others put there.",
        severity=Severity.MEDIUM,
        framework=aws_fsbp("S3.12", "ACLs should not be used to manage user access to S3 general purpose buckets"),
        url=f"{_DOCS}/about-object-ownership.html",
        mend="Declare one aws.s3.BucketOwnershipControls for it, with rule.objectOwnership BucketOwnerEnforced.",
        check=_has_one_companion("ownership controls", OWNERSHIPS),
    ),
    ResourceRule(
        id="bucket-owner-enforced",
        sentence="The bucket's owner owns every object, and access control lists are without effect.",
        severity=Severity.MEDIUM,
        framework=aws_fsbp("S3.12", "ACLs should not be used to manage user access to S3 general purpose buckets"),
        url=f"{_DOCS}/about-object-ownership.html",
        mend="Write rule.objectOwnership BucketOwnerEnforced, and give access by policies alone.",
        judges=of_type(*OWNERSHIPS),
        check=_owner_owns,
    ),
    ResourceRule(
        id="no-public-acl",
        sentence="No access control list of a bucket or an object admits strangers.",
        severity=Severity.CRITICAL,
        framework=aws_fsbp("S3.3", "S3 general purpose buckets should block public write access"),
        url=f"{_DOCS}/acl-overview.html",
        mend="Leave acl out, or write private; take grants to groups out, and admit whom you mean by a bucket policy.",
        judges=of_type(*_WITH_ACL),
        check=_acl_is_private,
    ),
    _bucket_rule(
        id="bucket-lifecycle",
        sentence="Every bucket has one lifecycle configuration, which alone decides how long an object is kept.",
        severity=Severity.MEDIUM,
        framework=aws_fsbp("S3.13", "S3 general purpose buckets should have Lifecycle configurations"),
        url=f"{_DOCS}/object-lifecycle-mgmt.html",
        mend=(
            "Declare one aws.s3.BucketLifecycleConfiguration for it, whose enabled rules let every object expire, move "
            "it to a colder class before, let noncurrent versions expire and abort incomplete uploads."
        ),
        check=_has_one_companion("lifecycle configuration", LIFECYCLES),
    ),
    _lifecycle_rule(
        id="lifecycle-rules-enabled",
        sentence="Every rule of a lifecycle is enabled; one that is not only looks as if it were.",
        severity=Severity.MEDIUM,
        framework=aws_fsbp("S3.13", "S3 general purpose buckets should have Lifecycle configurations"),
        url=f"{_DOCS}/intro-lifecycle-rules.html",
        mend="Write status Enabled, or take the rule out.",
        check=_all_enabled,
    ),
    _lifecycle_rule(
        id="objects-expire",
        sentence="Every object expires in time, and none while it is young.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("SI-12", "Manage and retain information within the system and output from it"),
        url=f"{_DOCS}/lifecycle-expire-general-considerations.html",
        mend=(
            "Give the lifecycle a rule with an empty filter and expiration.days within the limits; write no "
            "expiration.date, and no fewer days in any other rule."
        ),
        limits={
            "longest": Limit(365, "days within which every object expires"),
            "shortest": Limit(30, "days before which no rule may delete an object"),
        },
        check=_expires,
    ),
    _lifecycle_rule(
        id="objects-move-to-colder-storage",
        sentence="What is seldom read moves to a colder storage class in time.",
        severity=Severity.LOW,
        framework=nist_800_53("SI-12", "Manage and retain information within the system and output from it"),
        url=f"{_DOCS}/lifecycle-transition-general-considerations.html",
        mend=(
            "Give a rule, without a tag in its filter, transitions to GLACIER_IR, GLACIER or DEEP_ARCHIVE "
            "after days within the limit."
        ),
        limits={
            "days": Limit(90, "days within which objects move"),
            "classes": Limit(("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"), "storage classes that are cold"),
        },
        check=_gets_colder,
    ),
    _lifecycle_rule(
        id="incomplete-uploads-aborted",
        sentence="An upload that broke off is thrown away within days; nobody sees it and everybody pays for it.",
        severity=Severity.LOW,
        framework=nist_800_53("SI-12", "Manage and retain information within the system and output from it"),
        url=f"{_DOCS}/mpu-abort-incomplete-mpu-lifecycle-config.html",
        mend="Give a rule with an empty filter abortIncompleteMultipartUpload.daysAfterInitiation of at most 7.",
        limits={"days": Limit(7, "days after which incomplete uploads are aborted")},
        check=_aborts_uploads,
    ),
    _lifecycle_rule(
        id="noncurrent-versions-expire",
        sentence="What was overwritten or deleted can be had back for a while, and is then gone.",
        severity=Severity.MEDIUM,
        framework=nist_800_53("SI-12", "Manage and retain information within the system and output from it"),
        url=f"{_DOCS}/intro-lifecycle-rules.html",
        mend=(
            "Give a rule with an empty filter noncurrentVersionExpiration.noncurrentDays within the limits, "
            "without newerNoncurrentVersions."
        ),
        limits={
            "longest": Limit(365, "days within which every noncurrent version expires"),
            "shortest": Limit(7, "days for which what was overwritten can be had back"),
        },
        check=_forgets_versions,
    ),
    ResourceRule(
        id="bucket-not-emptied-with-it",
        sentence="A bucket that still holds objects cannot be destroyed.",
        severity=Severity.HIGH,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url="https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/",
        mend="Leave forceDestroy out, and empty the bucket by hand on the day when it is meant.",
        judges=of_type(*BUCKETS),
        check=_not_forced,
    ),
    _bucket_rule(
        id="bucket-object-lock",
        sentence="Nobody can delete an object of a bucket before its time, whatever keys they hold.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url=f"{_DOCS}/object-lock.html",
        mend=(
            "Declare an aws.s3.BucketObjectLockConfiguration for it, with rule.defaultRetention of mode COMPLIANCE and "
            "at least one of days; it cannot be taken back before they are over."
        ),
        limits={"modes": Limit(("COMPLIANCE", "GOVERNANCE"), "modes of retention that are accepted")},
        check=_locks,
    ),
    _bucket_rule(
        id="bucket-access-logging",
        sentence="Every bucket writes down who asked for what.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=aws_fsbp("S3.9", "S3 general purpose buckets should have server access logging enabled"),
        url=f"{_DOCS}/ServerLogs.html",
        mend="Declare an aws.s3.BucketLogging for it, with a targetBucket that is another bucket.",
        check=_logs,
    ),
    _bucket_rule(
        id="bucket-replication",
        sentence="Every bucket has a copy in another place, which outlives the first.",
        severity=Severity.LOW,
        level=EnforcementLevel.ADVISORY,
        framework=nist_800_53("CP-6", "Establish an alternate storage site"),
        url=f"{_DOCS}/replication.html",
        mend="Declare an aws.s3.BucketReplicationConfig for it, with a rule of status Enabled to a bucket elsewhere.",
        check=_replicates,
    ),
]
