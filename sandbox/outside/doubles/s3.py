"""S3, IAM and STS: moto's server, which keeps everything in memory, so a restart begins with an empty account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeDeleteMarker

Environment = dict[str, Any]
Application = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]

SIZE_HEADER = "x-amz-transition-default-minimum-object-size"
ECHOED = ("lifecycle", "policy")


class Echo:
    """Gives a bucket's lifecycle and policy back as they were put, as S3 does; moto understands only part of them.

    It forgets sizes and newest versions in a lifecycle, and takes a statement with a condition as if it always held:
    the one that refuses plain http would refuse everything. Such statements are shown, but not enforced.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._put: dict[tuple[str, str], tuple[bytes, str]] = {}

    def __call__(self, environment: Environment, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request; moto decides whether it is good, and whether the bucket has what is asked for."""
        query = parse_qs(environment["QUERY_STRING"], keep_blank_values=True)
        subject = next((name for name in ECHOED if name in query), None)
        if subject is None:
            return self._inner(environment, start)
        place, method = (environment["PATH_INFO"], subject), environment["REQUEST_METHOD"]
        document = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        understood = without_conditions(document) if subject == "policy" else document
        environment |= {"wsgi.input": BytesIO(understood), "CONTENT_LENGTH": str(len(understood))}
        answered: list[Any] = []
        body = b"".join(self._inner(environment, lambda *answer: answered.extend(answer)))
        status, headers = answered[:2]
        if status.startswith("2") and method == "PUT":
            size = environment.get("HTTP_" + SIZE_HEADER.upper().replace("-", "_"), "all_storage_classes_128K")
            self._put[place] = document, size
        if status.startswith("2") and method == "GET":
            body, size = self._put[place]
            kept = [header for header in headers if header[0].lower() not in (SIZE_HEADER, "content-length")]
            headers = [*kept, (SIZE_HEADER, size), ("Content-Length", str(len(body)))]
        start(status, headers)
        return [body]


def without_conditions(policy: bytes) -> bytes:
    """Return a policy without the statements that hold on a condition; what is no policy stays for moto to refuse."""
    try:
        document = json.loads(policy)
        statements = [each for each in document["Statement"] if "Condition" not in each]
    except (ValueError, TypeError, KeyError):
        return policy
    return json.dumps({**document, "Statement": statements}).encode()


# moto 5.2.5 disposes of every version of a key that goes, and forgot that a delete marker is one.
FakeDeleteMarker.dispose = lambda _: None  # type: ignore[attr-defined]  # the method that is missing

application = Echo(DomainDispatcherApplication(create_backend_app))
