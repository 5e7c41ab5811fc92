"""The stand-in for the aws plugin: S3 buckets and their settings, over boto3."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.providers.schema import Failure
from sandbox.providers.standin import IncompleteError, ProviderError, Resource, StandIn, serve
from sandbox.providers.wire import UNKNOWN, Plain

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef, TagTypeDef

# What the stand-in honours of the provider's settings; the metadata service it never asks, the region it never checks.
SETTINGS = frozenset(
    {
        "accessKey",
        "customCaBundle",
        "endpoints",
        "insecure",
        "maxRetries",
        "profile",
        "region",
        "s3UsePathStyle",
        "secretKey",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
    }
)

# Route 53's zone of each region's S3 website endpoints (docs.aws.amazon.com/general/latest/gr/s3.html).
HOSTED_ZONES = {
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}

STORAGE_CLASSES = ("GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
SMALLEST_OBJECTS = ("all_storage_classes_128K", "varies_by_storage_class")
_GONE = ("404", "NoSuchBucket")


def connect(settings: Plain) -> S3Client:
    """Make an S3 client of the provider's settings and, as the real plugin does, the environment's."""
    foreign = sorted(key for key in settings.keys() - SETTINGS - {"version", "pluginDownloadURL"} if settings[key])
    if foreign:
        raise ProviderError(f"the sandbox's stand-in for aws does not know the provider's {', '.join(foreign)}")
    region = settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ProviderError("the aws provider needs a region: set aws:region or AWS_REGION")
    session = boto3.Session(
        aws_access_key_id=settings.get("accessKey"),
        aws_secret_access_key=settings.get("secretKey"),
        aws_session_token=settings.get("token"),
        profile_name=settings.get("profile"),
        region_name=region,
    )
    if session.get_credentials() is None:
        raise ProviderError("no valid credential sources found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    endpoints = {name: url for entry in settings.get("endpoints", []) for name, url in entry.items() if url}
    verify = False if settings.get("insecure") else settings.get("customCaBundle")
    if not settings.get("skipCredentialsValidation"):
        session.client("sts", endpoint_url=endpoints.get("sts"), verify=verify).get_caller_identity()
    config = Config(
        s3={"addressing_style": "path" if settings.get("s3UsePathStyle") else "auto"},
        retries={"max_attempts": settings.get("maxRetries", 5), "mode": "standard"},
    )
    return session.client("s3", endpoint_url=endpoints.get("s3"), verify=verify, config=config)


class Bucket(Resource["S3Client"]):
    """A bucket with its tags; everything else about it is a resource of its own."""

    handles = "aws:s3/bucket:Bucket"
    arguments = "pulumi_aws.s3.bucket:BucketArgs"
    replaces = frozenset({"bucket", "objectLockEnabled", "region"})
    auto_name = "bucket"
    outputs = frozenset(
        {
            "arn",
            "bucketDomainName",
            "bucketRegion",
            "bucketRegionalDomainName",
            "hostedZoneId",
            "region",
            "tagsAll",
        }
    )
    volatile_outputs = frozenset({"tagsAll"})

    _known = frozenset({"bucket", "forceDestroy", "objectLockEnabled", "region", "tags"})

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse the inputs that have a resource of their own, or none here."""
        for name in sorted(inputs.keys() - self._known):
            yield name, "the sandbox's stand-in does not set this on the bucket; use the resource for it"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the bucket in the provider's region, then tag it."""
        name, region = inputs["bucket"], self.client.meta.region_name
        if inputs.get("region", region) != region:
            raise ProviderError(f"the sandbox's stand-in makes buckets in the provider's region, {region}, only")
        options: dict[str, Any] = {"ObjectLockEnabledForBucket": bool(inputs.get("objectLockEnabled"))}
        if region != "us-east-1":
            options["CreateBucketConfiguration"] = {"LocationConstraint": region}
        self.client.create_bucket(Bucket=name, **options)
        try:
            self._tag(name, inputs)
        except ClientError as error:
            raise IncompleteError(str(error), name, self._seen(name, {})) from error
        return name, self._seen(name, inputs.get("tags", {}))

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the bucket and its tags."""
        del outputs
        try:
            self.client.head_bucket(Bucket=resource_id)
        except ClientError as error:
            if _code(error) in _GONE:
                return None
            raise
        tags = self._tags(resource_id)
        if tags != inputs.get("tags", {}):
            inputs = {**inputs, "tags": tags}
        return {**inputs, "bucket": resource_id}, self._seen(resource_id, tags)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Bring the tags up to date; forceDestroy matters at deletion alone."""
        del old_inputs
        self._tag(resource_id, inputs)
        return {**outputs, "tagsAll": inputs.get("tags", {})}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the bucket; one that holds anything only with forceDestroy."""
        del outputs
        try:
            if inputs.get("forceDestroy"):
                self._empty(resource_id)
            self.client.delete_bucket(Bucket=resource_id)
        except ClientError as error:
            if _code(error) not in _GONE:
                raise

    def _tag(self, name: str, inputs: Plain) -> None:
        tags = inputs.get("tags", {})
        if tags:
            self.client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tag_list(tags)})
        elif self._tags(name):
            self.client.delete_bucket_tagging(Bucket=name)

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return _tag_map(self.client.get_bucket_tagging(Bucket=name)["TagSet"])
        except ClientError as error:
            if _code(error) == "NoSuchTagSet":
                return {}
            raise

    def _seen(self, name: str, tags: dict[str, str]) -> Plain:
        region = self.client.meta.region_name
        return {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "hostedZoneId": HOSTED_ZONES.get(region, ""),
            "region": region,
            "tagsAll": tags,
        }

    def _empty(self, name: str) -> None:
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects: list[ObjectIdentifierTypeDef] = [
                {"Key": each["Key"], "VersionId": each["VersionId"]} for each in found
            ]
            if objects:
                self.client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})


class Setting(Resource["S3Client"]):
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
        except ClientError as error:
            if _code(error) in (*_GONE, self.absent):
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
        except ClientError as error:
            if _code(error) not in (*_GONE, self.absent):
                raise


class OwnershipControls(Setting):
    """Who owns the objects, and whether access lists count."""

    handles = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    arguments = "pulumi_aws.s3.bucket_ownership_controls:BucketOwnershipControlsArgs"
    absent = "OwnershipControlsNotFoundError"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what S3 has no name for."""
        values = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
        yield from _one_of("rule.objectOwnership", _at(inputs, "rule", "objectOwnership"), values)

    def put(self, inputs: Plain) -> None:
        """Set the ownership."""
        self.client.put_bucket_ownership_controls(
            Bucket=inputs["bucket"], OwnershipControls={"Rules": [_pascal(inputs["rule"])]}
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the ownership."""
        answer = self.client.get_bucket_ownership_controls(Bucket=bucket)
        return {**inputs, "rule": _camel(answer["OwnershipControls"]["Rules"][0])}

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Return to S3's default."""
        del inputs
        self.client.delete_bucket_ownership_controls(Bucket=bucket)


class PublicAccessBlock(Setting):
    """The four switches that keep a bucket from the public."""

    handles = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    arguments = "pulumi_aws.s3.bucket_public_access_block:BucketPublicAccessBlockArgs"
    absent = "NoSuchPublicAccessBlockConfiguration"

    _switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

    def put(self, inputs: Plain) -> None:
        """Set all four; the ones not given are off."""
        switches = _pascal({name: inputs.get(name, False) for name in self._switches})
        self.client.put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=switches)

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read all four."""
        answer = self.client.get_public_access_block(Bucket=bucket)
        found = _camel(answer["PublicAccessBlockConfiguration"])
        return {**inputs, **{name: on for name, on in found.items() if on != inputs.get(name, False)}}

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Take the block away, unless it is meant to outlive the resource."""
        if not inputs.get("skipDestroy"):
            self.client.delete_public_access_block(Bucket=bucket)


class ServerSideEncryptionConfiguration(Setting):
    """How objects are encrypted."""

    handles = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    arguments = (
        "pulumi_aws.s3.bucket_server_side_encryption_configuration:BucketServerSideEncryptionConfigurationInitArgs"
    )
    absent = "ServerSideEncryptionConfigurationNotFoundError"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse algorithms that S3 does not have."""
        for index, rule in _items(inputs, "rules"):
            place = f"rules[{index}].applyServerSideEncryptionByDefault.sseAlgorithm"
            algorithm = _at(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")
            yield from _one_of(place, algorithm, ("AES256", "aws:kms", "aws:kms:dsse"))

    def put(self, inputs: Plain) -> None:
        """Set the rules."""
        self.client.put_bucket_encryption(
            Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": _pascal(inputs["rules"])}
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the rules; a bucket key that is off is the same as none."""
        answer = self.client.get_bucket_encryption(Bucket=bucket)
        found = _camel(answer["ServerSideEncryptionConfiguration"]["Rules"])
        given = inputs.get("rules", [])
        without = [[{"bucketKeyEnabled": False, **rule} for rule in rules] for rules in (found, given)]
        return inputs if _same(*without) else {**inputs, "rules": found}

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Return to S3's default."""
        del inputs
        self.client.delete_bucket_encryption(Bucket=bucket)


class Versioning(Setting):
    """Whether old versions of objects are kept."""

    handles = "aws:s3/bucketVersioning:BucketVersioning"
    arguments = "pulumi_aws.s3.bucket_versioning:BucketVersioningInitArgs"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what S3 has no name for, and deletion by token, which no server here checks."""
        status = _at(inputs, "versioningConfiguration", "status")
        yield from _one_of("versioningConfiguration.status", status, ("Enabled", "Suspended", "Disabled"))
        if "mfa" in inputs:
            yield "mfa", "the sandbox's stand-in does not do this"

    def put(self, inputs: Plain) -> None:
        """Set the status; a bucket that never was versioned is Disabled by nature."""
        status = inputs["versioningConfiguration"]["status"]
        if status != "Disabled":
            self.client.put_bucket_versioning(Bucket=inputs["bucket"], VersioningConfiguration={"Status": status})

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the status."""
        status = self.client.get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")
        return {**inputs, "versioningConfiguration": {**inputs.get("versioningConfiguration", {}), "status": status}}

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Suspend it: a versioned bucket never becomes an unversioned one."""
        if inputs["versioningConfiguration"]["status"] == "Enabled":
            self.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class LifecycleConfiguration(Setting):
    """When objects move to cheaper storage, and when they go."""

    handles = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    arguments = "pulumi_aws.s3.bucket_lifecycle_configuration:BucketLifecycleConfigurationArgs"
    unordered = frozenset({"rules.transitions", "rules.noncurrentVersionTransitions"})
    absent = "NoSuchLifecycleConfiguration"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse a configuration without rules, and what S3 has no name for."""
        if not inputs.get("rules"):
            yield "rules", "expected at least one rule"
        for index, rule in _items(inputs, "rules"):
            yield from _one_of(f"rules[{index}].status", rule.get("status"), ("Enabled", "Disabled"))
            for kind in ("transitions", "noncurrentVersionTransitions"):
                for number, transition in _items(rule, kind):
                    place = f"rules[{index}].{kind}[{number}].storageClass"
                    yield from _one_of(place, transition.get("storageClass"), STORAGE_CLASSES)
        size = inputs.get("transitionDefaultMinimumObjectSize")
        yield from _one_of("transitionDefaultMinimumObjectSize", size, SMALLEST_OBJECTS)

    def put(self, inputs: Plain) -> None:
        """Set all rules."""
        size = inputs.get("transitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0])
        self.client.put_bucket_lifecycle_configuration(
            Bucket=inputs["bucket"],
            LifecycleConfiguration={"Rules": _pascal(inputs["rules"])},
            TransitionDefaultMinimumObjectSize=size,
        )

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read all rules; their order means nothing."""
        answer = self.client.get_bucket_lifecycle_configuration(Bucket=bucket)
        found, size = _camel(answer["Rules"]), answer.get("TransitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0])
        if not _same(found, inputs.get("rules")):
            inputs = {**inputs, "rules": found}
        if size != inputs.get("transitionDefaultMinimumObjectSize", SMALLEST_OBJECTS[0]):
            inputs = {**inputs, "transitionDefaultMinimumObjectSize": size}
        return inputs

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Remove all rules."""
        del inputs
        self.client.delete_bucket_lifecycle(Bucket=bucket)


class Policy(Setting):
    """Who may do what with the bucket."""

    handles = "aws:s3/bucketPolicy:BucketPolicy"
    arguments = "pulumi_aws.s3.bucket_policy:BucketPolicyArgs"
    absent = "NoSuchBucketPolicy"

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse a text that is no JSON."""
        policy = inputs.get("policy")
        if isinstance(policy, str):
            try:
                json.loads(policy)
            except ValueError as error:
                yield "policy", f"contains an invalid JSON policy: {error}"

    def put(self, inputs: Plain) -> None:
        """Set the policy."""
        self.client.put_bucket_policy(Bucket=inputs["bucket"], Policy=_policy_text(inputs["policy"]))

    def get(self, bucket: str, inputs: Plain) -> Plain:
        """Read the policy; how its JSON is written means nothing."""
        found = self.client.get_bucket_policy(Bucket=bucket)["Policy"]
        given = _policy_text(inputs.get("policy", "{}"))
        return inputs if json.loads(found) == json.loads(given) else {**inputs, "policy": found}

    def remove(self, bucket: str, inputs: Plain) -> None:
        """Remove the policy."""
        del inputs
        self.client.delete_bucket_policy(Bucket=bucket)


RESOURCES = (
    Bucket,
    OwnershipControls,
    PublicAccessBlock,
    ServerSideEncryptionConfiguration,
    Versioning,
    LifecycleConfiguration,
    Policy,
)

# Names that S3 does not write in the ordinary way.
_S3_NAMES = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
_OUR_NAMES = {theirs: ours for ours, theirs in _S3_NAMES.items()}


def _pascal(value: Any) -> Any:
    """Write Pulumi's properties as S3's."""
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _S3_NAMES.get(key, key[0].upper() + key[1:]): _tag_list(item) if key == "tags" else _pascal(item)
        for key, item in value.items()
    }


def _camel(value: Any) -> Any:
    """Write S3's properties as Pulumi's."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not isinstance(value, dict):
        return value
    return {
        _OUR_NAMES.get(key, key[0].lower() + key[1:]): _tag_map(item) if key == "Tags" else _camel(item)
        for key, item in value.items()
    }


def _tag_list(tags: dict[str, str]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tag_map(tags: Iterable[TagTypeDef]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _same(one: Any, other: Any) -> bool:
    """Compare two values, lists as sets."""
    return bool(_sorted(one) == _sorted(other))


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return {key: _sorted(item) for key, item in value.items()} if isinstance(value, dict) else value


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _policy_text(policy: str | Plain) -> str:
    return policy if isinstance(policy, str) else json.dumps(policy)


def _at(value: Any, *keys: str) -> Any:
    """Return what lies at a path, None where something on it is missing or unknown yet."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _items(value: Plain, key: str) -> list[tuple[int, Plain]]:
    """Return a list's objects and their indexes, none where they are not known yet."""
    found = value.get(key)
    return (
        [(index, item) for index, item in enumerate(found) if isinstance(item, dict)] if isinstance(found, list) else []
    )


def _one_of(place: str, value: Any, values: tuple[str, ...]) -> Iterator[Failure]:
    if value not in (None, UNKNOWN, *values):
        yield place, f"expected one of {', '.join(values)}"


if __name__ == "__main__":
    serve(StandIn("aws", "pulumi_aws:ProviderArgs", connect, RESOURCES))
