"""The aws stand-in against the S3 double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi.runtime.proto import provider_pb2

from sandbox.outside.doubles.s3 import application
from sandbox.providers import aws
from sandbox.providers.standin import ProviderError, StandIn
from sandbox.providers.wire import Plain, Properties, encode
from tests.sandbox.outside.serving import serving
from tests.sandbox.providers.driver import Context, Engine

NAME = "backups"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::backups", "arn:aws:s3:::backups/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)
RULES: list[Plain] = [
    {
        "id": "database",
        "status": "Enabled",
        "filter": {"prefix": "database/"},
        "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
        "expiration": {"days": 365},
        "noncurrentVersionExpiration": {"noncurrentDays": 30, "newerNoncurrentVersions": 2},
    },
    {
        "id": "leftovers",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    },
    {
        "id": "tagged",
        "status": "Disabled",
        "filter": {"and": {"prefix": "x/", "tags": {"k": "v"}, "objectSizeGreaterThan": 5}},
        "expiration": {"expiredObjectDeleteMarker": True},
    },
]
SETTINGS: list[tuple[type[aws.Setting], Plain]] = [
    (aws.OwnershipControls, {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
    (aws.PublicAccessBlock, {"blockPublicAcls": True, "restrictPublicBuckets": True}),
    (
        aws.ServerSideEncryptionConfiguration,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    (aws.Versioning, {"versioningConfiguration": {"status": "Enabled"}}),
    (
        aws.LifecycleConfiguration,
        {"rules": RULES, "transitionDefaultMinimumObjectSize": "varies_by_storage_class"},
    ),
    (aws.Policy, {"policy": POLICY}),
]
each_setting = pytest.mark.parametrize(("kind", "given"), SETTINGS, ids=[kind.__name__ for kind, _ in SETTINGS])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(application) as base:
        yield base


def provider(**settings: Any) -> StandIn[Any]:
    made = StandIn("aws", "pulumi_aws:ProviderArgs", aws.connect, aws.RESOURCES)
    made.Configure(provider_pb2.ConfigureRequest(args=encode(Properties(settings))), Context())
    return made


@pytest.fixture
def s3(url: str) -> Iterator[StandIn[Any]]:
    made = provider(
        region="eu-west-1",
        accessKey="test",
        secretKey="test",
        s3UsePathStyle=True,
        skipCredentialsValidation=True,
        endpoints=json.dumps([{"s3": url}]),
    )
    yield made
    made.close()


@pytest.fixture
def bucket(s3: StandIn[Any]) -> Iterator[str]:
    name, _ = aws.Bucket(s3).create({"bucket": NAME, "tags": {"of": "the program"}})
    yield name
    s3.client.delete_bucket_policy(Bucket=name)
    aws.Bucket(s3).delete(name, {"forceDestroy": True}, {})


def test_a_bucket_tells_its_names_and_is_read_back_as_it_was_made(s3: StandIn[Any], bucket: str) -> None:
    inputs = {"bucket": bucket, "tags": {"of": "the program"}}

    found = aws.Bucket(s3).read(bucket, inputs, {})

    assert found is not None
    assert found[0] == inputs
    assert found[1]["arn"] == "arn:aws:s3:::backups"
    assert found[1]["bucketRegionalDomainName"] == "backups.s3.eu-west-1.amazonaws.com"


def test_tags_are_changed_in_place_and_those_of_others_are_seen(s3: StandIn[Any], bucket: str) -> None:
    aws.Bucket(s3).update(bucket, {"bucket": bucket, "tags": {"new": "1"}}, {}, {})

    found = aws.Bucket(s3).read(bucket, {"bucket": bucket}, {})

    assert found is not None
    assert found[0]["tags"] == {"new": "1"}


def test_a_bucket_that_holds_something_is_deleted_only_by_force(s3: StandIn[Any], bucket: str) -> None:
    aws.Versioning(s3).create({"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}})
    s3.client.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.client.delete_object(Bucket=bucket, Key="k")

    with pytest.raises(ClientError, match="BucketNotEmpty"):
        aws.Bucket(s3).delete(bucket, {"bucket": bucket}, {})
    aws.Bucket(s3).delete(bucket, {"bucket": bucket, "forceDestroy": True}, {})

    assert aws.Bucket(s3).read(bucket, {"bucket": bucket}, {}) is None
    aws.Bucket(s3).create({"bucket": bucket})


@each_setting
def test_a_setting_is_read_back_as_it_was_made_and_gone_after_deletion(
    s3: StandIn[Any], bucket: str, kind: type[aws.Setting], given: Plain
) -> None:
    inputs = {"bucket": bucket, **given}
    setting = kind(s3)

    resource_id, _ = setting.create(inputs)
    found = setting.read(resource_id, inputs, {})
    setting.delete(resource_id, inputs, {})
    after = setting.read(resource_id, inputs, {})

    assert resource_id == bucket
    assert found == (inputs, {})
    # Versioning can only be suspended.
    assert after is None or after[0]["versioningConfiguration"]["status"] == "Suspended"


@each_setting
def test_a_setting_of_a_bucket_that_is_gone_is_gone(s3: StandIn[Any], kind: type[aws.Setting], given: Plain) -> None:
    inputs = {"bucket": "never-was", **given}

    assert kind(s3).read("never-was", inputs, {}) is None
    kind(s3).delete("never-was", inputs, {})


def test_a_lifecycle_changed_by_others_is_seen(s3: StandIn[Any], bucket: str) -> None:
    lifecycle = aws.LifecycleConfiguration(s3)
    lifecycle.create({"bucket": bucket, "rules": RULES[:1]})

    found = lifecycle.read(bucket, {"bucket": bucket, "rules": RULES}, {})

    assert found is not None
    assert found[0]["rules"] == RULES[:1]


def test_a_policy_against_plain_http_lets_https_write(s3: StandIn[Any], bucket: str) -> None:
    aws.Policy(s3).create({"bucket": bucket, "policy": POLICY})

    s3.client.put_object(Bucket=bucket, Key="k", Body=b"1")

    assert s3.client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


@pytest.mark.parametrize(
    ("kind", "given", "place"),
    [
        (aws.Bucket, {"bucket": NAME, "acl": "private"}, "acl"),
        (aws.OwnershipControls, {"bucket": NAME, "rule": {"objectOwnership": "Me"}}, "rule.objectOwnership"),
        (aws.LifecycleConfiguration, {"bucket": NAME, "rules": []}, "rules"),
        (
            aws.LifecycleConfiguration,
            {"bucket": NAME, "rules": [{**RULES[0], "transitions": [{"days": 1, "storageClass": "ICE"}]}]},
            "rules[0].transitions[0].storageClass",
        ),
        (aws.Policy, {"bucket": NAME, "policy": "{"}, "policy"),
        (aws.Policy, {"policy": POLICY}, "bucket"),
    ],
)
def test_inputs_that_the_plugin_refuses_are_refused_with_their_place(kind: Any, given: Plain, place: str) -> None:
    assert list(Engine(provider(), kind.handles).failures(given)) == [place]


@pytest.mark.parametrize("kind", aws.RESOURCES, ids=lambda kind: kind.__name__)
def test_another_bucket_means_replacement(kind: Any) -> None:
    answer = Engine(provider(), kind.handles).diff({"bucket": "one"}, {"bucket": "two"})

    assert list(answer.replaces) == ["bucket"]


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"accessKey": "test", "secretKey": "test"}, "region"),
        ({"region": "eu-west-1"}, "credential"),
        ({"region": "eu-west-1", "httpProxy": "http://127.0.0.1:9"}, "httpProxy"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(
    settings: Plain, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(ProviderError, match=missing):
        _ = provider(**settings).client
