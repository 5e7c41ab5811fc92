"""What only others can tell of ends: Cloudflare of its token, the host of the certificate that it shows."""

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
# What Cloudflare answers to a token that is malformed, unknown, or may not ask.
_REFUSED = (400, 401, 403)


def endings(file: StackFile, today: date) -> Iterator[Ending]:
    """Yield what the stack's Cloudflare and host tell; what cannot be asked is unknown, with the reason."""
    configured = config(file.path)
    yield _token(file, section(configured, "dns"), today)
    yield _site(section(configured, "host"), str(configured.get(f"{PROJECT}:domain")))


def _token(file: StackFile, dns: Mapping[str, Any], today: date) -> Ending:
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
        result = verified(str(dns.get("api_url") or _API), str(dns.get("account_id")), token)
        expires = result.get("expires_on")
        last_day = datetime.fromisoformat(str(expires)).date() if expires else None
    except urllib.error.HTTPError as error:
        # A token that Cloudflare refuses is of no use any more, whatever the reason.
        refused = error.code in _REFUSED
        why = f"Cloudflare {'refuses it' if refused else 'does not tell'}: {error}"
        return Ending(what, today, renew, why) if refused else unknown(what, why, renew)
    except OSError as error:
        return unknown(what, f"Cloudflare does not tell: {error}", renew)
    except (http.client.HTTPException, ValueError):  # whose text may hold the token
        return unknown(what, "Cloudflare does not tell: its answer has another form", renew)
    if result.get("status") != "active":
        return Ending(what, last_day or today, renew, f"Cloudflare says that it is {result.get('status')}")
    return Ending(what, last_day, renew) if last_day else Ending(what, "never", renew, "it was made without an end")


def verified(api: str, account: str, token: str) -> dict[str, Any]:
    """Return what Cloudflare says of a token, a user's or an account's; raises OSError where it says nothing."""
    try:
        return _get(f"{api}/user/tokens/verify", token)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in _REFUSED:
            raise
        try:
            return _get(f"{api}/accounts/{account}/tokens/verify", token)
        except urllib.error.HTTPError as error:
            # Where Cloudflare knows no such account, its first answer counts.
            raise (refusal if error.code == HTTPStatus.NOT_FOUND else error) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leads a token to no other address."""

    def redirect_request(self, *_: Any) -> None:
        """Let the redirect be the error that it is here."""


def _get(url: str, token: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  settings' own
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
        document = json.load(answer)
    result = document.get("result") if isinstance(document, dict) else None
    if not isinstance(result, dict):
        raise ValueError("its answer has another form")
    return result


def _site(host: Mapping[str, Any], domain: str) -> Ending:
    what = f"certificate of {domain}"
    renew = f"ssh {host.get('ssh_user', 'root')}@{host.get('address')} certbot renew"
    # Where the visitors' records lead, or Cloudflare behind them; `address` may be SSH's alone.
    if not (address := host.get("ipv4")):
        return unknown(what, f"{PROJECT}:host.ipv4 is not set", "docs/going-live.md, step 3")
    try:
        return Ending(what, shown(str(address), 443, domain).date(), renew)
    except (OSError, ValueError) as error:  # a ValueError where a name or the certificate is none
        return unknown(what, f"{address}:443 shows none: {error}", renew)


def shown(address: str, port: int, name: str) -> datetime:
    """Return the end of the certificate that a host shows for a name, whoever issued it; raises OSError."""
    from cryptography import x509

    # Only the end is read: one that ended yesterday, or is the host's own until certbot has one, is to be told too.
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((address, port), timeout=_SECONDS) as connection,
        anybody.wrap_socket(connection, server_hostname=name) as session,
    ):
        # Without one no handshake succeeds: the ciphers that need none are off.
        certificate = cast(bytes, session.getpeercert(binary_form=True))
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc
