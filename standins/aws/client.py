"""The connection to AWS, made of the provider's settings and, as the real plugin does, the environment's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from standins.provider.lazy import LazyModule
from standins.provider.resource import ProviderError, Resource
from standins.provider.wire import Plain

if TYPE_CHECKING:
    import boto3
    from botocore import config as botocore_config
    from botocore import exceptions as errors
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
else:
    boto3, botocore_config, errors = map(LazyModule, ("boto3", "botocore.config", "botocore.exceptions"))

__all__ = ["SETTINGS", "Aws", "AwsResource", "connect", "errors"]

# What the stand-in honours of the provider's settings; the metadata service it never asks, the region it never checks.
SETTINGS = frozenset(
    {"accessKey", "allowedAccountIds", "customCaBundle", "endpoints", "insecure", "maxRetries", "profile", "region"}
    | {"s3UsePathStyle", "secretKey", "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation"}
    | {"skipRequestingAccountId", "token"}
)


@dataclass(frozen=True)
class Aws:
    """One account in one region."""

    s3: S3Client
    iam: IAMClient

    @property
    def region(self) -> str:
        """The region in which the provider makes things."""
        return self.s3.meta.region_name

    def close(self) -> None:
        """End the connections."""
        self.s3.close()
        self.iam.close()


class AwsResource(Resource[Aws]):
    """A resource that is read as gone, and deleted without an error, when AWS no longer has it."""

    gone: ClassVar[frozenset[str]] = frozenset({"NoSuchEntity"})
    """AWS's error codes for that."""

    def find(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Do what `read` does; raises ClientError with one of the codes when the object is gone."""
        raise NotImplementedError

    def remove(self, resource_id: str, inputs: Plain) -> None:
        """Do what `delete` does; raises ClientError with one of the codes when the object is gone."""
        raise NotImplementedError

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the object."""
        try:
            return self.find(resource_id, inputs, outputs)
        except errors.ClientError as error:
            if error.response["Error"]["Code"] in self.gone:
                return None
            raise

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the object."""
        del outputs
        try:
            self.remove(resource_id, inputs)
        except errors.ClientError as error:
            if error.response["Error"]["Code"] not in self.gone:
                raise


def connect(settings: Plain) -> Aws:
    """Open the account; one that is not allowed is refused before anything in it is touched."""
    unknown = sorted(key for key in settings.keys() - SETTINGS - {"version", "pluginDownloadURL"} if settings[key])
    if unknown:
        raise ProviderError(f"the sandbox's stand-in for aws does not know the provider's {', '.join(unknown)}")
    session = _session(settings)
    endpoints = {name: url for entry in settings.get("endpoints", []) for name, url in entry.items() if url}
    verify = False if settings.get("insecure") else settings.get("customCaBundle")
    config = botocore_config.Config(
        s3={"addressing_style": "path" if settings.get("s3UsePathStyle") else "auto"},
        retries={"max_attempts": settings.get("maxRetries", 5), "mode": "standard"},
    )
    allowed = settings.get("allowedAccountIds")
    if allowed or not settings.get("skipCredentialsValidation"):
        sts = session.client("sts", endpoint_url=endpoints.get("sts"), verify=verify, config=config)
        account = sts.get_caller_identity()["Account"]
        if allowed and account not in allowed:
            raise ProviderError(f"AWS account ID not allowed: {account}")
    return Aws(
        session.client("s3", endpoint_url=endpoints.get("s3"), verify=verify, config=config),
        session.client("iam", endpoint_url=endpoints.get("iam"), verify=verify, config=config),
    )


def _session(settings: Plain) -> boto3.Session:
    region = settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ProviderError("the aws provider needs a region: set aws:region or AWS_REGION")
    try:
        session = boto3.Session(
            aws_access_key_id=settings.get("accessKey"),
            aws_secret_access_key=settings.get("secretKey"),
            aws_session_token=settings.get("token"),
            profile_name=settings.get("profile"),
            region_name=region,
        )
    except errors.ProfileNotFound as error:
        raise ProviderError(f"failed to get shared config profile, {settings['profile']}") from error
    if session.get_credentials() is None:
        raise ProviderError("no valid credential sources found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return session
