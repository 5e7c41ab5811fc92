"""The secrets of a stack: which there are, where they come from, and which of them a stack needs."""

import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, Literal

import pulumi
from pydantic import Field, StringConstraints

from settings.values import Days, Section

ThirdParty = Literal["sendgrid", "sentry", "google", "linkedin", "github", "slack"]

# Printable without spaces, quotes and backslashes, so that no file needs to escape it.
_PRINTABLE = r"[!#-&(-\[\]-~]{16,}"
_PEM = r"-----BEGIN [A-Z ]+-----\n[\s\S]+-----END [A-Z ]+-----\n?"


@dataclass(frozen=True)
class SecretKind:
    """What a secret is for, where it comes from, and which form its value has."""

    made: Literal["generated", "asked", "certificate"]
    meaning: str
    """What it is; for one that is asked, where to get it."""
    needed_by: ThirdParty | Literal["origin_pulls", "registry"] | None = None
    """The setting that needs it; None: every stack needs it."""
    pattern: str = _PRINTABLE
    """The pattern of a valid value."""
    form: str = "at least 16 printable characters without spaces, quotes and backslashes"
    """The pattern in words."""

    def fits(self, value: str) -> bool:
        """Return whether a value matches the pattern."""
        return re.fullmatch(self.pattern, value) is not None


def _generated(meaning: str) -> SecretKind:
    return SecretKind("generated", meaning)


def _asked(by: ThirdParty, meaning: str, pattern: str = _PRINTABLE, form: str = SecretKind.form) -> SecretKind:
    return SecretKind("asked", meaning, by, pattern, form)


_CERTIFICATE_FORM = "a private key and its certificate in PEM"

SECRETS = {
    "postgres_password": _generated("password of the application at PostgreSQL"),
    "redis_password": _generated("password of the application at Redis"),
    "jwt_secret": _generated("signs access tokens; a new one signs users in anew"),
    "jwt_refresh_secret": _generated("signs refresh tokens; a new one signs users out"),
    "session_secret": _generated("signs session cookies; a new one signs users out"),
    "cloudflare_api_token": SecretKind("asked", "API token of the zone (docs/going-live.md lists its permissions)"),
    "registry_token": SecretKind(
        "asked", "reads the images of registry.server; at GitHub a classic token with read:packages alone", "registry"
    ),
    "sendgrid_api_key": _asked("sendgrid", "API key with Mail Send alone", r"SG\.[\w-]+\.[\w-]+", "SG.….…"),
    "sentry_dsn": _asked(
        "sentry", "DSN of the backend's project", r"https://[^\s@]+@[^\s/]+/\d+", "https://KEY@HOST/N"
    ),
    "google_client_id": _asked("google", "OAuth client ID"),
    "google_client_secret": _asked("google", "OAuth client secret"),
    "linkedin_client_id": _asked(
        "linkedin", "OAuth client ID", r"[\w-]{10,}", "at least 10 letters, digits and - or _"
    ),
    "linkedin_client_secret": _asked("linkedin", "OAuth client secret"),
    "github_client_id": _asked("github", "OAuth client ID"),
    "github_client_secret": _asked("github", "OAuth client secret"),
    "slack_webhook_url": _asked(
        "slack", "incoming webhook of the deployments' channel", r"https://\S+/\S+", "https://…"
    ),
    "origin_pull_authority": SecretKind(
        "certificate", "our own authority, whose clients alone nginx lets in", "origin_pulls", _PEM, _CERTIFICATE_FORM
    ),
    "origin_pull_client": SecretKind(
        "certificate", "what Cloudflare shows to nginx", "origin_pulls", _PEM, _CERTIFICATE_FORM
    ),
}
"""Every secret by its name."""

SECRET_VARIABLES = frozenset({"DATABASE_URL", "REDIS_URL", *(name.upper() for name in SECRETS)})
"""Variables that are only ever passed as secrets."""

SecretName = Annotated[str, StringConstraints(pattern=f"^({'|'.join(SECRETS)})$")]


class SecretsSettings(Section):
    """How old secrets may get, and how old they are; `neurmatic secrets` keeps it."""

    max_age_days: Days = 180
    """`secrets check` refuses older ones; a secret that never changes is known to ever more people and machines."""
    changed: dict[SecretName, date] = Field(default_factory=dict)
    """The day on which each was set."""
    expires: dict[SecretName, date] = Field(default_factory=dict)
    """The last day of each that is a certificate: in the clear, so that it is told without the passphrase."""


@dataclass(frozen=True)
class SecretValues:
    """The values of the stack's secrets, which are never in a section, a message or a log."""

    postgres_password: pulumi.Output[str]
    redis_password: pulumi.Output[str]
    jwt_secret: pulumi.Output[str]
    jwt_refresh_secret: pulumi.Output[str]
    session_secret: pulumi.Output[str]
    cloudflare_api_token: pulumi.Output[str]
    registry_token: pulumi.Output[str] | None
    origin_pull_authority: pulumi.Output[str] | None
    origin_pull_client: pulumi.Output[str] | None
    third_party: dict[str, pulumi.Output[str]]

    @property
    def of_the_backend(self) -> dict[str, pulumi.Output[str]]:
        """Return the backend's own secrets, by the variables in which it reads them."""
        signing = {name: getattr(self, name) for name in ("jwt_secret", "jwt_refresh_secret", "session_secret")}
        return {name.upper(): value for name, value in {**signing, **self.third_party}.items()}


NAMED = tuple(field.name for field in fields(SecretValues) if field.name != "third_party")
"""The secrets that the program itself uses; only the backend uses the others."""
