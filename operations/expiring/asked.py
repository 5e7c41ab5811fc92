"""Expiry dates that are asked for: of Cloudflare's API token, and of the certificate that the host serves."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, cast

from operations.errors import OperationError
from operations.expiring.ending import Ending, unknown
from operations.expiring.noted import config, section
from operations.secrets.stack_file import StackFile
from settings import PROJECT

_API = "https://api.cloudflare.com/client/v4"
_TOKEN = "cloudflare_api_token"  # noqa: S105  its name
_SECONDS = 10
# The statuses of a token that is malformed, unknown or not permitted.
_REFUSED = (400, 401, 403)


def endings(file: StackFile, today: date) -> Iterator[Ending]:
    """Yield the ends of the API token and the certificate; where one cannot be asked it is unknown, with the reason."""
    configured = config(file.path)
    yield _api_token(file, section(configured, "dns"), today)
    yield _certificate(section(configured, "host"), str(configured.get(f"{PROJECT}:domain")))


def _api_token(file: StackFile, dns: Mapping[str, Any], today: date) -> Ending:
    what = "Cloudflare's API token"
    renew = f"make one (docs/going-live.md), then neurmatic secrets rotate --stack {file.stack} {_TOKEN}"
    try:
        token = file.read(values=True).values.get(_TOKEN)
    except OperationError as error:
        return unknown(what, error.problem.splitlines()[0], f"mend: {error.mend}")
    if token is None:
        return unknown(what, "none is set", f"neurmatic secrets init --stack {file.stack}")
    if not token.isprintable():
        return Ending(what, today, renew, "it holds a character that no token has, such as the end of a line")
    try:
        result = verify_token(str(dns.get("api_url") or _API), str(dns.get("account_id")), token)
        expires = result.get("expires_on")
        last_day = datetime.fromisoformat(str(expires)).date() if expires else None
    except urllib.error.HTTPError as error:
        if error.code in _REFUSED:  # such a token is of no use any more, whatever the reason
            return Ending(what, today, renew, f"Cloudflare refuses it: {error}")
        return unknown(what, f"Cloudflare does not tell: {error}", renew)
    except OSError as error:
        return unknown(what, f"Cloudflare does not tell: {error}", renew)
    except (http.client.HTTPException, ValueError):  # their text may hold the token
        return unknown(what, "Cloudflare does not tell: its answer has another form", renew)
    if result.get("status") != "active":
        return Ending(what, last_day or today, renew, f"Cloudflare says that it is {result.get('status')}")
    return Ending(what, last_day, renew) if last_day else Ending(what, "never", renew, "it was made without an end")


def verify_token(api: str, account: str, token: str) -> dict[str, Any]:
    """Return Cloudflare's record of a token, a user's or an account's; raises OSError when there is no answer."""
    try:
        return _get(f"{api}/user/tokens/verify", token)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in _REFUSED:
            raise
        try:
            return _get(f"{api}/accounts/{account}/tokens/verify", token)
        except urllib.error.HTTPError as error:
            # If there is no such account, the first answer counts.
            raise (refusal if error.code == HTTPStatus.NOT_FOUND else error) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keeps a token from being sent to another address."""

    def redirect_request(self, *_: Any) -> None:
        """Treat a redirect as an error."""


def _get(url: str, token: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  settings' own
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
        document = json.load(answer)
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, dict):
        raise ValueError("its answer has another form")
    return result


def _certificate(host: Mapping[str, Any], domain: str) -> Ending:
    what = f"certificate of {domain}"
    renew = f"ssh {host.get('ssh_user', 'root')}@{host.get('address')} certbot renew"
    # The A records, or Cloudflare behind them, lead to `ipv4`; `address` may serve SSH alone.
    if not (address := host.get("ipv4")):
        return unknown(what, f"{PROJECT}:host.ipv4 is not set", "docs/going-live.md, step 3")
    try:
        return Ending(what, served_until(str(address), 443, domain).date(), renew)
    except (OSError, ValueError) as error:  # ValueError: the name or the certificate is malformed
        return unknown(what, f"{address}:443 shows none: {error}", renew)


def served_until(address: str, port: int, name: str) -> datetime:
    """Return when the certificate that a host serves for a name expires, whoever issued it; raises OSError."""
    from cryptography import x509

    # Unverified, because an expired certificate, or the self-signed one before certbot's, is to be reported too.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((address, port), timeout=_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=name) as session,
    ):
        # There is one: the ciphers without certificates are off.
        certificate = cast(bytes, session.getpeercert(binary_form=True))
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc
