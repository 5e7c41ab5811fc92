"""S3, IAM and STS: moto's server, which keeps everything in memory, so a restart begins with an empty account.

A key that IAM made may do what its user's policies say; any other key is the account's root.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError
from moto.iam.access_control import IAMPolicy, IAMRequestBase, PermissionResult
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import BucketAccessDeniedError, S3AccessDeniedError
from moto.s3.models import FakeBucket, FakeDeleteMarker, s3_backends
from moto.s3.responses import ACTION_MAP

from standins.services.policies import Request, allows, denies

Environment = dict[str, Any]
Application = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]

SIZE_HEADER = "x-amz-transition-default-minimum-object-size"


class Echo:
    """Gives a bucket's lifecycle back as it was put, as S3 does; moto forgets sizes and newest versions in it."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._put: dict[str, tuple[bytes, str]] = {}

    def __call__(self, environment: Environment, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request; moto decides whether it is good, and whether the bucket has what is asked for."""
        if "lifecycle" not in parse_qs(environment["QUERY_STRING"], keep_blank_values=True):
            return self._inner(environment, start)
        place, method = environment["PATH_INFO"], environment["REQUEST_METHOD"]
        document = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        environment["wsgi.input"] = BytesIO(document)
        started: list[Any] = []
        body = b"".join(self._inner(environment, lambda *arguments: started.extend(arguments)))
        status, headers = started[:2]
        if status.startswith("2") and method == "PUT":
            size = environment.get("HTTP_" + SIZE_HEADER.upper().replace("-", "_"), "all_storage_classes_128K")
            self._put[place] = document, size
        if status.startswith("2") and method == "GET":
            body, size = self._put[place]
            others = [header for header in headers if header[0].lower() not in (SIZE_HEADER, "content-length")]
            headers = [*others, (SIZE_HEADER, size), ("Content-Length", str(len(body)))]
        start(status, headers)
        return [body]


def authorize(response: Any, kind: type[IAMRequestBase], resource: str = "*") -> None:
    """Judge a request by the policies of who asks and of the bucket; moto's own judgement passes over conditions.

    What carries no Authorization header, as a presigned URL, is left to moto.
    """
    signed = re.search(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/", response.headers.get("Authorization", ""))
    if signed is None:
        return
    key, service = signed.groups()
    action = response._get_action()
    who, identity = _identity(response, kind, key, action)
    requests = [Request(f"{service}:{action}", _identified(response) or resource, who, _context(response))]
    if source := response.headers.get("x-amz-copy-source"):
        copied = f"arn:aws:s3:::{unquote(source).lstrip('/')}"
        requests.append(Request("s3:GetObject", copied, who, _context(response)))
    for request in requests:
        policies = _bucket_policies(response, request.resource)
        allowed = not denies(policies, request) if identity is None else allows(identity, policies, request)
        if not allowed and request.action != "sts:GetCallerIdentity":
            bucket = response.data.get("BucketName")
            if bucket:
                raise BucketAccessDeniedError(bucket)
            raise S3AccessDeniedError() if service == "s3" else AccessDeniedError(request.principal, request.action)


def _identified(response: Any) -> str | None:
    """Return the identity that a request to IAM is about; with a group that is the group, as IAM judges it."""
    for kind in ("Group", "Policy", "User"):
        if name := response.data.get(f"{kind}Name"):
            return f"arn:aws:iam::{response.current_account}:{kind.lower()}/{name[0]}"
    return next(iter(response.data.get("PolicyArn", ())), None)


def _identity(
    response: Any, kind: type[IAMRequestBase], key: str, action: str
) -> tuple[str, list[dict[str, Any]] | None]:
    """Return who asks and its policies, None for the root, who needs none; a wrong signature of a user is refused."""
    account = response.current_account
    users = iam_backends[account]["aws"].users.values()
    if not any(key == user_key.access_key_id for user in users for user_key in user.access_keys):
        return f"arn:aws:iam::{account}:root", None
    query = urlsplit(response.uri).query
    signed = kind(
        account_id=account,
        method=response.method,
        path=response.raw_path + (f"?{query}" if query else ""),
        data=response.data,
        body=response.raw_body,
        headers=response.headers,
        action=action,
    )
    signed.check_signature()
    caller = signed._access_key
    return caller.arn, [IAMPolicy(policy)._policy_json for policy in caller.collect_policies()]


def _context(response: Any) -> dict[str, str]:
    """Return the condition keys that our policies use: whether by TLS, what the query says, what S3's headers say."""
    url = urlsplit(response.uri)
    query = {f"s3:{name}".lower(): value for name, value in parse_qsl(url.query, keep_blank_values=True)}
    headers = {
        f"s3:{name}".lower(): value for name, value in response.headers.items() if name.lower().startswith("x-amz-")
    }
    return {**query, **headers, "aws:securetransport": str(url.scheme == "https").lower()}


def _bucket_policies(response: Any, resource: str) -> list[dict[str, Any]]:
    bucket = resource.rpartition(":")[2].partition("/")[0]
    policy = getattr(s3_backends[response.current_account]["aws"].buckets.get(bucket), "policy", None)
    return [json.loads(policy)] if policy else []


ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize  # type: ignore[assignment]
# What `authorize` lets pass, moto shall not judge again.
FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]
# To ask whether a bucket is there is to list it, for IAM.
ACTION_MAP["BUCKET"]["HEAD"]["DEFAULT"] = "ListBucket"
# moto takes these for PutObject, which lets a writer lock what it wrote.
ACTION_MAP["KEY"]["PUT"] |= {"retention": "PutObjectRetention", "legal-hold": "PutObjectLegalHold"}

# moto 5.2.5 disposes of every version of a key that goes, and forgot that a delete marker is one.
FakeDeleteMarker.dispose = lambda _: None  # type: ignore[attr-defined]  # the method that is missing

application = Echo(DomainDispatcherApplication(create_backend_app))
