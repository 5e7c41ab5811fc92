"""What the backups' bucket and its two identities do, tried with boto3: on the double, and in the sandbox."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pulumi_aws as aws
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from pulumi.runtime.proto import provider_pb2

from components.backup_access import BackupAccess
from components.backup_bucket import BackupBucket
from settings import BackupBucketSettings
from standins.aws.resources import stand_in
from standins.provider.wire import Properties, encode
from standins.services.policies import Request, allows
from standins.services.s3 import application
from tests.applied import applied
from tests.standins.driver import Context
from tests.standins.services.encrypted import serving_tls

# The brief: STANDARD_IA at once, the archive at 90 days, deleted after 365; the rest is ours.
LIFECYCLE = {
    "TransitionDefaultMinimumObjectSize": "varies_by_storage_class",
    "Rules": [
        {
            "ID": "archive",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "database/", "ObjectSizeGreaterThan": 1}},
            "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}],
        },
        {
            "ID": "expire",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 365},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "forget-deleted",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ],
}
PREFIX = "database/story-"
THERE = f"{PREFIX}there"
KEY_ID, SECRET = "root", "root"  # any key that IAM did not make is the account's root


@dataclass(frozen=True)
class Storage:
    """An S3 with the bucket in it, and the keys to it as (id, secret)."""

    url: str
    authority: Path
    bucket: str
    writer_key: tuple[str, str]
    reader_key: tuple[str, str]

    def client(self, service: Any, key: tuple[str, str]) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            verify=str(self.authority),
            region_name="eu-west-3",
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
        )

    @property
    def owner(self) -> Any:
        return self.client("s3", (KEY_ID, SECRET))

    @property
    def writer(self) -> Any:
        return self.client("s3", self.writer_key)

    @property
    def reader(self) -> Any:
        return self.client("s3", self.reader_key)


def on_the_double(directory: Path) -> Iterator[Storage]:
    """Make what the components declare, in an account of its own."""

    def program() -> None:
        settings = BackupBucketSettings(name="neurmatic-backups", region="eu-west-3")
        provider = aws.Provider("backups", region="eu-west-3")
        BackupAccess(settings, bucket=BackupBucket(settings, provider=provider), provider=provider)

    with serving_tls(application, directory) as (url, authority):
        requests.post(f"{url}/moto-api/reset", timeout=60, verify=str(authority)).raise_for_status()
        provider = stand_in()
        settings = {
            "region": "eu-west-3",
            "accessKey": KEY_ID,
            "secretKey": SECRET,
            "s3UsePathStyle": True,
            "customCaBundle": str(authority),
            "endpoints": json.dumps([{"s3": url, "iam": url, "sts": url}]),
        }
        provider.Configure(provider_pb2.ConfigureRequest(args=encode(Properties(settings))), Context())
        yield _storage(url, authority, applied(program, provider))
        provider.close()


def in_the_sandbox(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Take what `make up` made."""
    world = request.getfixturevalue("world")
    exported = world.pulumi("stack", "export", "--show-secrets")
    assert exported.returncode == 0, exported.stderr
    resources = json.loads(exported.stdout)["deployment"]["resources"]
    made = {
        each["urn"].rpartition("::")[2]: {**_shown(each.get("outputs", {})), "id": each.get("id")} for each in resources
    }
    yield _storage(f"https://{world.clone.s3}", world.clone.ca_bundle, made)


def _shown(value: Any) -> Any:
    """Replace the engine's form of a secret by what is in it."""
    if isinstance(value, dict) and "plaintext" in value:
        return json.loads(value["plaintext"])
    return {key: _shown(item) for key, item in value.items()} if isinstance(value, dict) else value


def _storage(url: str, authority: Path, made: dict[str, dict[str, Any]]) -> Storage:
    keys = [made[f"backup-access-{role}-key"] for role in ("writer", "reader")]
    writer, reader = ((key["id"], key["secret"]) for key in keys)
    return Storage(url, authority, made["backup-bucket"]["id"], writer, reader)


@pytest.fixture(scope="module", params=["double", pytest.param("sandbox", marks=pytest.mark.story)])
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Yield the bucket with an object in each of two prefixes, and leave it as it was."""
    places = {
        "double": lambda: on_the_double(tmp_path_factory.mktemp("tls")),
        "sandbox": lambda: in_the_sandbox(request),
    }
    for storage in places[request.param]():
        storage.writer.put_object(Bucket=storage.bucket, Key=THERE, Body=b"a dump", StorageClass="STANDARD_IA")
        storage.owner.put_object(Bucket=storage.bucket, Key="story-other/there", Body=b"not a dump")
        yield storage
        for prefix in (PREFIX, "story-other/"):
            found = storage.owner.list_object_versions(Bucket=storage.bucket, Prefix=prefix)
            for each in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
                storage.owner.delete_object(Bucket=storage.bucket, Key=each["Key"], VersionId=each["VersionId"])


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_the_writer_puts_and_lists(storage: Storage) -> None:
    big, chunk = io.BytesIO(bytes(11 << 20)), 5 << 20  # S3's smallest part
    parts = TransferConfig(multipart_threshold=chunk, multipart_chunksize=chunk)

    storage.writer.put_object(Bucket=storage.bucket, Key=f"{PREFIX}small", Body=b"1", StorageClass="STANDARD_IA")
    storage.writer.upload_fileobj(big, storage.bucket, f"{PREFIX}big", {"StorageClass": "STANDARD_IA"}, Config=parts)
    found = storage.writer.list_objects_v2(Bucket=storage.bucket, Prefix=PREFIX)["Contents"]

    assert {each["Key"]: each["StorageClass"] for each in found} == dict.fromkeys(
        (f"{PREFIX}big", f"{PREFIX}small", THERE), "STANDARD_IA"
    )
    assert storage.owner.head_object(Bucket=storage.bucket, Key=f"{PREFIX}big")["ServerSideEncryption"] == "AES256"


def test_the_writer_gives_up_an_upload_that_it_began(storage: Storage) -> None:
    begun = storage.writer.create_multipart_upload(Bucket=storage.bucket, Key=f"{PREFIX}broken")["UploadId"]

    storage.writer.abort_multipart_upload(Bucket=storage.bucket, Key=f"{PREFIX}broken", UploadId=begun)

    assert "Uploads" not in storage.owner.list_multipart_uploads(Bucket=storage.bucket, Prefix=PREFIX)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("delete_object", {"Key": THERE}),
        ("delete_object", {"Key": THERE, "VersionId": "VERSION"}),
        ("get_object", {"Key": THERE}),
        ("get_object", {"Key": THERE, "VersionId": "VERSION"}),
        ("copy_object", {"Key": f"{PREFIX}copy", "CopySource": "BUCKET/story-other/there"}),
        ("put_object", {"Key": "story-other/mine", "Body": b"1"}),
        ("put_object_retention", {"Key": THERE, "Retention": {"Mode": "COMPLIANCE"}}),
        ("list_objects_v2", {"Prefix": "story-other/"}),
        ("list_objects_v2", {}),
        ("list_object_versions", {"Prefix": PREFIX}),
        ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": LIFECYCLE["Rules"]}}),
        ("delete_bucket_lifecycle", {}),
        ("put_bucket_policy", {"Policy": "{}"}),
        ("delete_bucket_policy", {}),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
        ("delete_bucket_encryption", {}),
        ("delete_public_access_block", {}),
        ("delete_bucket", {}),
    ],
)
def test_the_writer_does_nothing_else(storage: Storage, operation: str, arguments: dict[str, Any]) -> None:
    text = json.dumps({key: value for key, value in arguments.items() if key != "Body"})
    version = storage.owner.head_object(Bucket=storage.bucket, Key=THERE)["VersionId"]
    filled = json.loads(text.replace("BUCKET", storage.bucket).replace('"VERSION"', json.dumps(version)))
    body = {key: value for key, value in arguments.items() if key == "Body"}

    assert (
        refusal(lambda: getattr(storage.writer, operation)(Bucket=storage.bucket, **filled, **body)) == "AccessDenied"
    )


def test_the_writer_deletes_no_more_when_it_asks_for_many(storage: Storage) -> None:
    answer = storage.writer.delete_objects(Bucket=storage.bucket, Delete={"Objects": [{"Key": THERE}]})

    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    assert storage.owner.head_object(Bucket=storage.bucket, Key=THERE)


def test_neither_identity_changes_what_identities_may_do(storage: Storage) -> None:
    for key in (storage.writer_key, storage.reader_key):
        iam = storage.client("iam", key)

        assert refusal(iam.create_access_key) == "AccessDenied"
        assert refusal(iam.list_users) == "AccessDenied"


def test_the_reader_gets_and_lists_old_versions_included(storage: Storage) -> None:
    first = storage.owner.head_object(Bucket=storage.bucket, Key=THERE)["VersionId"]
    storage.writer.put_object(Bucket=storage.bucket, Key=THERE, Body=b"overwritten")

    versions = storage.reader.list_object_versions(Bucket=storage.bucket, Prefix=THERE)["Versions"]
    before = storage.reader.get_object(Bucket=storage.bucket, Key=THERE, VersionId=first)["Body"].read()
    after = storage.reader.get_object(Bucket=storage.bucket, Key=THERE)["Body"].read()

    assert len(versions) >= 2
    assert (before, after) == (b"a dump", b"overwritten")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_object", {"Key": THERE, "Body": b"1"}),
        ("delete_object", {"Key": THERE}),
        ("get_object", {"Key": "story-other/there"}),
        ("list_objects_v2", {"Prefix": "story-other/"}),
        ("list_object_versions", {}),
        ("get_bucket_policy", {}),
    ],
)
def test_the_reader_does_nothing_else(storage: Storage, operation: str, arguments: dict[str, Any]) -> None:
    call = getattr(storage.reader, operation)

    assert refusal(lambda: call(Bucket=storage.bucket, **arguments)) == "AccessDenied"


def test_the_lifecycle_read_back_is_the_briefs_whole(storage: Storage) -> None:
    found = storage.owner.get_bucket_lifecycle_configuration(Bucket=storage.bucket)

    assert {key: found[key] for key in LIFECYCLE} == LIFECYCLE


def test_the_bucket_read_back_is_private_versioned_and_encrypted(storage: Storage) -> None:
    s3, bucket = storage.owner, storage.bucket
    (ownership,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    (encryption,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


SSE, CUSTOMER = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-customer-algorithm"


@pytest.mark.parametrize(
    ("action", "context", "allowed"),
    [
        ("s3:PutObject", {}, True),
        ("s3:PutObject", {SSE: "AES256"}, True),
        ("s3:PutObject", {SSE: "aws:kms"}, False),
        ("s3:PutObject", {SSE: "aws:kms:dsse"}, False),
        ("s3:PutObject", {CUSTOMER: "AES256"}, False),
        ("s3:PutObject", {"aws:securetransport": "false"}, False),
        ("s3:GetObject", {}, True),
        ("s3:GetObject", {"aws:securetransport": "false"}, False),
        ("s3:ListBucket", {"aws:securetransport": "false"}, False),
    ],
)
def test_the_policy_read_back_refuses_plain_http_and_every_other_encryption(
    storage: Storage, action: str, context: dict[str, str], allowed: bool
) -> None:
    """Judge as the account's administrator, whom nothing but this policy stops."""
    policy = json.loads(storage.owner.get_bucket_policy(Bucket=storage.bucket)["Policy"])
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    place = f"arn:aws:s3:::{storage.bucket}{'' if action == 's3:ListBucket' else f'/{THERE}'}"
    request = Request(action, place, "arn:aws:iam::123456789012:root", {"aws:securetransport": "true", **context})

    assert allows([everything], [policy], request) == allowed


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"ServerSideEncryption": "AES256"}, False),
        ({"ServerSideEncryption": "aws:kms"}, True),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, True),
    ],
)
def test_an_upload_is_encrypted_the_buckets_way_or_refused(
    storage: Storage, asked: dict[str, Any], refused: bool
) -> None:
    def upload() -> Any:
        return storage.writer.put_object(Bucket=storage.bucket, Key=f"{PREFIX}encrypted", Body=b"1", **asked)

    if refused:
        assert refusal(upload) == "AccessDenied"
    else:
        assert upload()["ServerSideEncryption"] == "AES256"
