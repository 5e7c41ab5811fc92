"""Serves a double on loopback over TLS: a bucket's policy may refuse everything else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from standins.services.serving import serving


@contextmanager
def serving_tls(application: Any, directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the base URL, and the file of the authority that vouches for it, which is made in the directory."""
    authority, context, file = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), directory / "ca.pem"
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(file))
    with serving(application, context) as base:
        yield base, file
