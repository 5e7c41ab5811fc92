"""Takes away what a create that was killed may have left, so that the next `pulumi up` can make it again."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from typing import Any, Literal

import boto3
import cloudflare
from botocore.exceptions import ClientError

from sandbox.box import shell
from sandbox.clone import Clone
from sandbox.outside import table

# What removes an object of this type on the box, by its name. Volumes are missing on purpose: to create one that
# exists is no error, and they hold data.
ON_THE_BOX = {
    "docker:index/container:Container": "docker container rm --force",
    "docker:index/network:Network": "docker network rm",
    "docker:index/secret:Secret": "docker secret rm",
    "docker:index/service:Service": "docker service rm",
    "docker:index/serviceConfig:ServiceConfig": "docker config rm",
}


Client = Callable[[Literal["iam", "s3"]], Any]
"""Makes the client of a service of Amazon's."""


def remove(clone: Clone, kind: str, inputs: dict[str, Any]) -> None:
    """Remove the object of this resource type that these inputs describe, if it is there."""
    if kind in ON_THE_BOX:
        line = f"{ON_THE_BOX[kind]} {shlex.quote(inputs['name'])}"
        subprocess.run([*shell.ssh(clone), line], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    elif kind in _AT_AWS:
        try:
            _AT_AWS[kind](_session(clone), inputs)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchBucket", "NoSuchEntity"):
                raise
    elif kind in _AT_CLOUDFLARE:
        _AT_CLOUDFLARE[kind](_cloudflare(clone), inputs)


def _remove_bucket(client: Client, inputs: dict[str, Any]) -> None:
    client("s3").delete_bucket(Bucket=inputs["bucket"])


def _remove_user(client: Client, inputs: dict[str, Any]) -> None:
    iam, user = client("iam"), inputs["name"]
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    for group in iam.list_groups_for_user(UserName=user)["Groups"]:
        iam.remove_user_from_group(UserName=user, GroupName=group["GroupName"])
    iam.delete_user(UserName=user)


def _remove_group(client: Client, inputs: dict[str, Any]) -> None:
    client("iam").delete_group(GroupName=inputs["name"])


def _remove_policy(client: Client, inputs: dict[str, Any]) -> None:
    iam = client("iam")
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["PolicyName"] == inputs["name"]:
                iam.delete_policy(PolicyArn=policy["Arn"])


def _remove_key(client: Client, inputs: dict[str, Any]) -> None:
    """Remove the user's newest key: nobody knows the secret of one whose making was interrupted."""
    iam, user = client("iam"), inputs["user"]
    keys = sorted(iam.list_access_keys(UserName=user)["AccessKeyMetadata"], key=lambda key: key["CreateDate"])
    for key in keys[-1:]:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])


_AT_AWS = {
    "aws:s3/bucket:Bucket": _remove_bucket,
    "aws:iam/accessKey:AccessKey": _remove_key,
    "aws:iam/group:Group": _remove_group,
    "aws:iam/policy:Policy": _remove_policy,
    "aws:iam/user:User": _remove_user,
}


def _session(clone: Clone) -> Client:
    session = boto3.Session("sandbox", "sandbox", region_name="us-east-1")

    def client(name: Literal["iam", "s3"]) -> Any:
        return session.client(name, endpoint_url=f"https://{clone.s3}", verify=str(clone.ca))

    return client


def _remove_zone(client: cloudflare.Cloudflare, inputs: dict[str, Any]) -> None:
    for zone in client.zones.list(name=inputs["name"]):
        client.zones.delete(zone_id=zone.id)


def _remove_record(client: cloudflare.Cloudflare, inputs: dict[str, Any]) -> None:
    zone_id, name = inputs["zoneId"], inputs["name"]
    for record in client.dns.records.list(zone_id=zone_id, name={"exact": name}, type=inputs["type"]):
        # A name may have several of one type.
        actual = record.to_dict()
        if all(actual.get(part) == inputs[part] for part in ("content", "data") if part in inputs):
            client.dns.records.delete(record.id, zone_id=zone_id)


def _remove_ruleset(client: cloudflare.Cloudflare, inputs: dict[str, Any]) -> None:
    for ruleset in client.rulesets.list(zone_id=inputs["zoneId"]):
        if ruleset.phase == inputs["phase"]:
            client.rulesets.delete(ruleset.id, zone_id=inputs["zoneId"])


_AT_CLOUDFLARE = {
    "cloudflare:index/dnsRecord:DnsRecord": _remove_record,
    "cloudflare:index/ruleset:Ruleset": _remove_ruleset,
    "cloudflare:index/zone:Zone": _remove_zone,
}


def _cloudflare(clone: Clone) -> cloudflare.Cloudflare:
    return cloudflare.Cloudflare(
        base_url=f"https://{clone.cloudflare}/client/v4",
        api_token=table.cloudflare_token(clone),
        http_client=cloudflare.DefaultHttpxClient(verify=str(clone.ca), trust_env=False),
    )
