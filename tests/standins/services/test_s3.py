"""The S3 double: what it keeps, and whom it lets do what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from sandbox.clone import ROOT
from standins.services.s3 import application
from standins.services.serving import serving

BUCKET = "s3-double"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(application) as base:
        yield base


def client(name: Any, url: str, key: str = "root", secret: str = "root") -> Any:  # noqa: S107  the double takes any
    return boto3.client(
        name, endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
    )


@pytest.fixture
def s3(url: str) -> Any:
    requests.post(f"{url}/moto-api/reset", timeout=60).raise_for_status()
    root = client("s3", url)
    root.create_bucket(Bucket=BUCKET)
    root.put_object(Bucket=BUCKET, Key="a/1", Body=b"1")
    return root


@pytest.fixture
def user(url: str, s3: Any) -> tuple[str, str]:
    """Make a user who may put below a/ and list there."""
    del s3  # which begins the account anew
    iam = client("iam", url)
    iam.create_user(UserName="u")
    allowed = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/a/*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": "a/*"}},
        },
    ]
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allowed})
    )
    key = iam.create_access_key(UserName="u")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_who_makes_identities_makes_those_it_may_and_no_others(url: str, user: tuple[str, str]) -> None:
    key = user
    arns = [f"arn:aws:iam::*:{kind}/backups-*" for kind in ("user", "group", "policy")]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": arns}]}
    client("iam", url).put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(document))
    mine = client("iam", url, *key)

    mine.create_user(UserName="backups-writer")
    mine.create_group(GroupName="backups-writer")
    mine.add_user_to_group(UserName="backups-writer", GroupName="backups-writer")
    policy = mine.create_policy(PolicyName="backups-writer", PolicyDocument=json.dumps(document))["Policy"]
    mine.attach_group_policy(GroupName="backups-writer", PolicyArn=policy["Arn"])
    assert mine.get_policy(PolicyArn=policy["Arn"])["Policy"]["PolicyName"] == "backups-writer"
    for call in (
        lambda: mine.create_user(UserName="administrator"),
        lambda: mine.create_access_key(UserName="u"),
        lambda: mine.add_user_to_group(UserName="backups-writer", GroupName="administrators"),
        lambda: mine.get_policy(PolicyArn="arn:aws:iam::123456789012:policy/other"),
        lambda: mine.list_users(),
    ):
        assert refusal(call) == "AccessDenied"


def test_the_deployers_rights_suffice_to_see_what_the_program_made(url: str, user: tuple[str, str]) -> None:
    root, name = client("iam", url), "neurmatic-backups"
    policy = (ROOT / "docs" / "deployer-policy.json").read_text()
    root.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
    s3, iam = client("s3", url, *user), client("iam", url, *user)
    made = iam.create_policy(PolicyName=f"{name}-writer", PolicyDocument=policy)["Policy"]["Arn"]
    iam.create_user(UserName=f"{name}-writer")
    iam.create_group(GroupName=f"{name}-writer")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    assert s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    for setting in ("tagging", "encryption", "ownership_controls", "lifecycle_configuration", "policy"):
        assert refusal(partial(getattr(s3, f"get_bucket_{setting}"), Bucket=name)) != "AccessDenied", setting
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert refusal(lambda: s3.get_public_access_block(Bucket=name)) == "NoSuchPublicAccessBlockConfiguration"
    assert refusal(lambda: s3.get_object_lock_configuration(Bucket=name)) == "ObjectLockConfigurationNotFoundError"
    assert iam.get_user(UserName=f"{name}-writer")["User"]["UserName"] == f"{name}-writer"
    assert iam.list_access_keys(UserName=f"{name}-writer")["AccessKeyMetadata"] == []
    assert iam.list_groups_for_user(UserName=f"{name}-writer")["Groups"] == []
    assert iam.list_attached_group_policies(GroupName=f"{name}-writer")["AttachedPolicies"] == []
    assert iam.get_policy_version(PolicyArn=made, VersionId="v1")["PolicyVersion"]["IsDefaultVersion"]
    assert refusal(lambda: s3.delete_bucket(Bucket=name)) == "AccessDenied", "no deployment deletes the backups"


def test_a_user_does_what_its_policies_allow_conditions_included(url: str, user: tuple[str, str]) -> None:
    mine = client("s3", url, *user)

    mine.put_object(Bucket=BUCKET, Key="a/with blank+plus é", Body=b"2")
    assert mine.list_objects_v2(Bucket=BUCKET, Prefix="a/")["KeyCount"] == 2
    for call in (
        lambda: mine.put_object(Bucket=BUCKET, Key="b/1", Body=b"1"),
        lambda: mine.list_objects_v2(Bucket=BUCKET, Prefix="b/"),
        lambda: mine.list_objects_v2(Bucket=BUCKET),
        lambda: mine.get_object(Bucket=BUCKET, Key="a/1"),
        lambda: mine.copy_object(Bucket=BUCKET, Key="a/2", CopySource=f"{BUCKET}/a/1"),
        lambda: mine.put_object_retention(Bucket=BUCKET, Key="a/1", Retention={"Mode": "COMPLIANCE"}),
        lambda: client("iam", url, *user).create_access_key(UserName="u"),
    ):
        assert refusal(call) == "AccessDenied"


def test_a_user_is_known_by_its_secret_and_may_always_ask_who_it_is(url: str, user: tuple[str, str]) -> None:
    who = client("sts", url, *user).get_caller_identity()["Arn"]

    assert who == "arn:aws:iam::123456789012:user/u"
    wrong = client("s3", url, user[0], "x" * 40)
    assert refusal(lambda: wrong.put_object(Bucket=BUCKET, Key="a/1", Body=b"1")) == "SignatureDoesNotMatch"


def test_many_objects_at_once_are_as_little_deleted_as_one(url: str, s3: Any, user: tuple[str, str]) -> None:
    answer = client("s3", url, *user).delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a/1"}]})

    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    assert s3.get_object(Bucket=BUCKET, Key="a/1")["Body"].read() == b"1"


def test_a_bucket_that_refuses_plain_http_refuses_it_to_everybody_even_its_owner(
    url: str, s3: Any, user: tuple[str, str]
) -> None:
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))

    assert refusal(lambda: s3.get_bucket_policy(Bucket=BUCKET)) == "AccessDenied"
    mine = client("s3", url, *user)
    assert refusal(lambda: mine.put_object(Bucket=BUCKET, Key="a/2", Body=b"1")) == "AccessDenied"


def test_a_policy_of_the_bucket_opens_it_to_a_user(url: str, s3: Any, user: tuple[str, str]) -> None:
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:user/u"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/a/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))

    assert client("s3", url, *user).get_object(Bucket=BUCKET, Key="a/1")["Body"].read() == b"1"
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"] == [allowed]


def test_a_lifecycle_is_given_back_as_it_was_put(s3: Any) -> None:
    rules = [
        {
            "ID": "all",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "a/", "ObjectSizeGreaterThan": 1}},
            "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
        }
    ]
    s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET,
        LifecycleConfiguration={"Rules": rules},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )

    found = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)

    assert (found["Rules"], found["TransitionDefaultMinimumObjectSize"]) == (rules, "varies_by_storage_class")
