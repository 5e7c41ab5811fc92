"""Takes away what a create that was killed may have left, so that the next `pulumi up` can make it again."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import boto3
import cloudflare
from botocore.exceptions import ClientError

from sandbox.box import box
from sandbox.clone import Clone
from sandbox.outside import services

# What removes an object of this type on the box, by its name. Volumes are missing on purpose: to create one that
# exists is no error, and they hold data.
ON_THE_BOX = {
    "docker:index/container:Container": "docker container rm --force",
    "docker:index/network:Network": "docker network rm",
    "docker:index/secret:Secret": "docker secret rm",
    "docker:index/service:Service": "docker service rm",
    "docker:index/serviceConfig:ServiceConfig": "docker config rm",
}


def remove(clone: Clone, kind: str, inputs: dict[str, Any]) -> None:
    """Remove the object of this resource type that these inputs describe, if it is there."""
    if kind in ON_THE_BOX:
        line = f"{ON_THE_BOX[kind]} {shlex.quote(inputs['name'])}"
        subprocess.run([*box.ssh(clone), line], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    elif kind == "aws:s3/bucket:Bucket":
        _remove_bucket(clone, inputs["bucket"])
    elif kind == "cloudflare:index/zone:Zone":
        _remove_zone(clone, inputs["name"])
    elif kind == "cloudflare:index/dnsRecord:DnsRecord":
        _remove_record(clone, inputs)


def _remove_bucket(clone: Clone, name: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"https://{clone.s3}",
        verify=str(clone.ca),
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106  the double takes any
    )
    try:
        client.delete_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _remove_zone(clone: Clone, name: str) -> None:
    client = _cloudflare(clone)
    for zone in client.zones.list(name=name):
        client.zones.delete(zone_id=zone.id)


def _remove_record(clone: Clone, inputs: dict[str, Any]) -> None:
    client = _cloudflare(clone)
    for record in client.dns.records.list(
        zone_id=inputs["zoneId"], name={"exact": inputs["name"]}, type=inputs["type"]
    ):
        client.dns.records.delete(record.id, zone_id=inputs["zoneId"])


def _cloudflare(clone: Clone) -> cloudflare.Cloudflare:
    return cloudflare.Cloudflare(
        base_url=f"https://{clone.cloudflare}/client/v4",
        api_token=services.cloudflare_token(clone),
        http_client=cloudflare.DefaultHttpxClient(verify=str(clone.ca), trust_env=False),
    )
