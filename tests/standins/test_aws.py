"""The aws stand-in against the S3 double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi.runtime.proto import provider_pb2

from standins.aws.access_key import AccessKey
from standins.aws.bucket import Bucket
from standins.aws.client import Aws
from standins.aws.encryption import ServerSideEncryptionConfiguration
from standins.aws.group import Group, GroupPolicyAttachment
from standins.aws.lifecycle import LifecycleConfiguration
from standins.aws.object_lock import ObjectLockConfiguration
from standins.aws.ownership import OwnershipControls, PublicAccessBlock
from standins.aws.policy import BucketPolicy, Policy
from standins.aws.resources import stand_in
from standins.aws.setting import Setting
from standins.aws.user import User
from standins.aws.versioning import Versioning
from standins.provider.resource import ProviderError
from standins.provider.standin import StandIn
from standins.provider.wire import Plain, Properties, encode
from standins.services.s3 import application
from tests.standins.driver import Context, Engine
from tests.standins.services.encrypted import serving_tls

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
SETTINGS: list[tuple[type[Setting], Plain]] = [
    (OwnershipControls, {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
    (PublicAccessBlock, {"blockPublicAcls": True, "restrictPublicBuckets": True}),
    (
        ServerSideEncryptionConfiguration,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    (Versioning, {"versioningConfiguration": {"status": "Enabled"}}),
    (
        LifecycleConfiguration,
        {"rules": RULES, "transitionDefaultMinimumObjectSize": "varies_by_storage_class"},
    ),
    (BucketPolicy, {"policy": POLICY}),
    (ObjectLockConfiguration, {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 14}}}),
]
REMAINS: dict[type[Setting], Plain] = {
    Versioning: {"versioningConfiguration": {"status": "Suspended"}},
    ObjectLockConfiguration: {},
}
each_setting = pytest.mark.parametrize(("kind", "given"), SETTINGS, ids=[kind.__name__ for kind, _ in SETTINGS])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with serving_tls(application, tmp_path_factory.mktemp("tls")) as served:
        yield served


def provider(**settings: Any) -> StandIn[Aws]:
    made = stand_in()
    made.Configure(provider_pb2.ConfigureRequest(args=encode(Properties(settings))), Context())
    return made


@pytest.fixture
def settings(server: tuple[str, Path]) -> Plain:
    url, authority = server
    return {
        "region": "eu-west-1",
        "accessKey": "test",
        "secretKey": "test",
        "s3UsePathStyle": True,
        "skipCredentialsValidation": True,
        "customCaBundle": str(authority),
        "endpoints": json.dumps([{"s3": url, "iam": url, "sts": url}]),
    }


@pytest.fixture
def s3(settings: Plain) -> Iterator[StandIn[Aws]]:
    made = provider(**settings)
    yield made
    made.close()


@pytest.fixture
def bucket(s3: StandIn[Aws]) -> Iterator[str]:
    name, _ = Bucket(s3).create({"bucket": NAME, "tags": {"of": "the program"}})
    yield name
    s3.client.s3.delete_bucket_policy(Bucket=name)
    Bucket(s3).delete(name, {"forceDestroy": True}, {})


def test_a_bucket_tells_its_names_and_is_read_back_as_it_was_made(s3: StandIn[Aws], bucket: str) -> None:
    inputs = {"bucket": bucket, "tags": {"of": "the program"}}

    found = Bucket(s3).read(bucket, inputs, {})

    assert found is not None
    assert found[0] == inputs
    assert found[1]["arn"] == "arn:aws:s3:::backups"
    assert found[1]["bucketRegionalDomainName"] == "backups.s3.eu-west-1.amazonaws.com"


def test_tags_are_changed_in_place_and_those_of_others_are_seen(s3: StandIn[Aws], bucket: str) -> None:
    Bucket(s3).update(bucket, {"bucket": bucket, "tags": {"new": "1"}}, {}, {})

    found = Bucket(s3).read(bucket, {"bucket": bucket}, {})

    assert found is not None
    assert found[0]["tags"] == {"new": "1"}


def test_a_bucket_that_holds_something_is_deleted_only_by_force(s3: StandIn[Aws], bucket: str) -> None:
    Versioning(s3).create({"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}})
    s3.client.s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.client.s3.delete_object(Bucket=bucket, Key="k")

    with pytest.raises(ClientError, match="BucketNotEmpty"):
        Bucket(s3).delete(bucket, {"bucket": bucket}, {})
    Bucket(s3).delete(bucket, {"bucket": bucket, "forceDestroy": True}, {})

    assert Bucket(s3).read(bucket, {"bucket": bucket}, {}) is None
    Bucket(s3).create({"bucket": bucket})


@each_setting
def test_a_setting_is_read_back_as_it_was_made_and_gone_after_deletion(
    s3: StandIn[Aws], bucket: str, kind: type[Setting], given: Plain
) -> None:
    inputs = {"bucket": bucket, **given}
    setting = kind(s3)
    if kind is ObjectLockConfiguration:
        Versioning(s3).create({"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}})

    resource_id, _ = setting.create(inputs)
    found = setting.read(resource_id, inputs, {})
    setting.delete(resource_id, inputs, {})
    after = setting.read(resource_id, inputs, {})

    assert resource_id == bucket
    assert found == (inputs, {})
    # What cannot be taken away: versioning is suspended, and a bucket that can lock always can.
    assert after in (None, ({"bucket": bucket, **REMAINS.get(kind, {})}, {}))


@each_setting
def test_a_setting_of_a_bucket_that_is_gone_is_gone(s3: StandIn[Aws], kind: type[Setting], given: Plain) -> None:
    inputs = {"bucket": "never-was", **given}

    assert kind(s3).read("never-was", inputs, {}) is None
    kind(s3).delete("never-was", inputs, {})


def test_a_lifecycle_changed_by_others_is_seen(s3: StandIn[Aws], bucket: str) -> None:
    lifecycle = LifecycleConfiguration(s3)
    lifecycle.create({"bucket": bucket, "rules": RULES[:1]})

    found = lifecycle.read(bucket, {"bucket": bucket, "rules": RULES}, {})

    assert found is not None
    assert found[0]["rules"] == RULES[:1]


def test_a_policy_against_plain_http_lets_https_write(s3: StandIn[Aws], bucket: str) -> None:
    BucketPolicy(s3).create({"bucket": bucket, "policy": POLICY})

    s3.client.s3.put_object(Bucket=bucket, Key="k", Body=b"1")

    assert s3.client.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


@pytest.mark.parametrize(
    ("kind", "given", "place"),
    [
        (Bucket, {"bucket": NAME, "acl": "private"}, "acl"),
        (OwnershipControls, {"bucket": NAME, "rule": {"objectOwnership": "Me"}}, "rule.objectOwnership"),
        (LifecycleConfiguration, {"bucket": NAME, "rules": []}, "rules"),
        (
            LifecycleConfiguration,
            {"bucket": NAME, "rules": [{**RULES[0], "transitions": [{"days": 1, "storageClass": "ICE"}]}]},
            "rules[0].transitions[0].storageClass",
        ),
        (BucketPolicy, {"bucket": NAME, "policy": "{"}, "policy"),
        (BucketPolicy, {"policy": POLICY}, "bucket"),
        (
            ObjectLockConfiguration,
            {"bucket": NAME, "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 1, "years": 1}}},
            "rule.defaultRetention.days",
        ),
        (User, {"name": "x" * 65}, "name"),
        (User, {"name": "a/b"}, "name"),
        (Group, {"name": "x" * 129}, "name"),
        (Policy, {"name": "p", "policy": "{"}, "policy"),
        (Policy, {"name": "p", "policy": POLICY, "namePrefix": "p"}, "namePrefix"),
        (AccessKey, {"user": "u", "status": "Expired"}, "status"),
        (GroupPolicyAttachment, {"group": "g"}, "policyArn"),
    ],
)
def test_inputs_that_the_plugin_refuses_are_refused_with_their_place(kind: Any, given: Plain, place: str) -> None:
    assert list(Engine(provider(), kind.handles).failures(given)) == [place]


@pytest.mark.parametrize("kind", [Bucket, *(kind for kind, _ in SETTINGS)], ids=lambda kind: kind.__name__)
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


@pytest.mark.parametrize("account", ["123456789012", "210987654321"])
def test_an_account_that_is_not_allowed_is_refused_before_anything_is_touched(settings: Plain, account: str) -> None:
    opened = provider(**settings, allowedAccountIds=json.dumps([account]))

    if account == "123456789012":  # moto's own
        assert opened.client.region == "eu-west-1"
    else:
        with pytest.raises(ProviderError, match="AWS account ID not allowed: 123456789012"):
            _ = opened.client


def test_a_profile_is_used_and_one_that_is_missing_is_named(
    settings: Plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    file.write_text("[backups]\naws_access_key_id = of-the-profile\naws_secret_access_key = test\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    keyless = {key: value for key, value in settings.items() if key not in ("accessKey", "secretKey")}

    opened = provider(**keyless, profile="backups").client.s3
    signer: Any = opened._request_signer  # type: ignore[attr-defined]  # the only place that knows who signs

    assert signer._credentials.access_key == "of-the-profile"
    with pytest.raises(ProviderError, match="failed to get shared config profile, other"):
        _ = provider(**keyless, profile="other").client
