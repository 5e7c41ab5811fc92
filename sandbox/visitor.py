"""A visitor of the platform: asks by name over verified TLS, and reaches it at the box's loopback ports."""

from __future__ import annotations

import json
import time
from typing import Any

import urllib3
import yaml

from sandbox.clone import ROOT, Clone
from sandbox.errors import SandboxError
from settings import host_names

_STACK = yaml.safe_load((ROOT / "Pulumi.sandbox.yaml").read_text())
DOMAIN: str = _STACK["config"]["neurmatic:domain"]
NAMES = tuple(host_names(DOMAIN).values())
# On two idle cores everything is healthy within 40 s, PostgreSQL's first initdb included; a slow machine has its time.
HEALTHY_SECONDS = 600


class Visitor:
    """What `curl --resolve NAME:443:127.0.0.1 --cacert CA` would do."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone

    def get(self, path: str, name: str = NAMES[0], timeout: float = 10) -> urllib3.BaseHTTPResponse:
        """Return the answer to one GET over https; the certificate must be valid for the name."""
        return self.request("GET", path, name, timeout)

    def request(
        self, method: str, path: str, name: str = NAMES[0], timeout: float = 10, body: Any = None
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer to one https request without following redirects or trying again."""
        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.clone.https_port,
            server_hostname=name,
            assert_hostname=name,
            ca_certs=str(self.clone.platform_ca),
        ) as pool:
            return pool.request(
                method, path, headers={"Host": name}, timeout=timeout, retries=False, redirect=False, json=body
            )

    def get_http(self, path: str, name: str = NAMES[0]) -> urllib3.BaseHTTPResponse:
        """Return the answer to one GET over plain http."""
        with urllib3.HTTPConnectionPool("127.0.0.1", self.clone.http_port) as pool:
            return pool.request("GET", path, headers={"Host": name}, timeout=10, retries=False, redirect=False)

    def health(self) -> dict[str, Any]:
        """Return the platform's own account of its health, whatever it is."""
        return dict(self.get("/api/v1/health").json())

    def wait_until_healthy(self, seconds: float = HEALTHY_SECONDS) -> dict[str, Any]:
        """Return the health once it is `healthy`; raises SandboxError with the last answer if it is not in time."""
        deadline = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < deadline:
            try:
                health = self.health()
            except (urllib3.exceptions.HTTPError, json.JSONDecodeError) as error:
                last = str(error)
            else:
                if health.get("status") == "healthy":
                    return health
                last = json.dumps(health)
            time.sleep(0.5)
        raise SandboxError(
            f"the platform was not healthy within {seconds:.0f} s; its last answer: {last}",
            "look at the containers in the box: ssh in (make -s status) and run `docker ps -a` and `docker service ls`",
        )
