"""The page of a sandbox that is up, opened in a browser."""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
import shutil
import socket
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.access import SECONDS, require_answer
from sandbox.clone import Clone
from sandbox.errors import SandboxError
from sandbox.steps import say
from sandbox.visitor import NAMES

# They alone can be told where a name is and which key to trust, without a change to the machine.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "microsoft-edge", "brave-browser")


def open_page(clone: Clone) -> None:
    """Open the page in a browser, or print what to type where there is one."""
    require_answer(clone, clone.https_port)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    try:
        key = _key(clone)
    except OSError as error:
        raise SandboxError(f"the page does not answer: {error}", "run `make up`") from error
    if program and display and os.geteuid() != 0:  # they refuse to work for root
        argv = browser(clone, program, str(clone.state / "browser"), key)
        subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        return
    tunnel = f"ssh -N -L {clone.https_port}:127.0.0.1:{clone.https_port} {socket.gethostname()}"
    typed = shlex.join(browser(clone, "chromium", clone.name, key))
    say(f"no browser can be opened here; where there is one, type\n  {tunnel}\n  {typed}")


def browser(clone: Clone, program: str, profile: str, key: str) -> list[str]:
    """Return the arguments with which a browser finds the names at this machine, and trusts this key there.

    It needs a profile of its own: where it runs already, it takes no such arguments.
    """
    return [
        program,
        f"--user-data-dir={profile}",
        f"--host-resolver-rules={','.join(f'MAP {name} 127.0.0.1' for name in NAMES)}",
        f"--ignore-certificate-errors-spki-list={key}",
        "--no-first-run",
        f"https://{NAMES[0]}:{clone.https_port}/",
    ]


def _key(clone: Clone) -> str:
    """Return the hash of the platform's public key, as browsers take it; its certificate is verified."""
    context = ssl.create_default_context(cafile=str(clone.platform_ca))
    with (
        socket.create_connection(("127.0.0.1", clone.https_port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=NAMES[0]) as connection,
    ):
        certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()
