"""Finds what is wrong with a stack's secrets; no text holds a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # brings no types

from operations.secrets.making import LENGTH, certificates
from operations.secrets.stack_file import Contents
from settings import PROJECT, SECRETS

IN_THE_CLEAR = "stands in the clear, so that whoever sees the file knows it"
# Too long to appear in a random string by chance.
_PLACEHOLDERS = ("changeme", "password", "placeholder", "example", "secret", "123456", "00000000", "xxxxxxxx", "qwerty")
_DISTINCT = 8
# Guesses, as a power of ten: those of 128 bits.
_LEAST_GUESSES = 38.5
# zxcvbn's own limit, beyond which it would take seconds.
_ESTIMATED = 72
# Time to find an hour for the rotation.
_DAYS_BEFORE_EXPIRY = 30


@dataclass(frozen=True)
class Finding:
    """A problem of a secret, and the command that mends it."""

    name: str
    wrong: str
    mend: str


def findings(stack: str, contents: Contents, today: date) -> Iterator[Finding]:
    """Yield all that is wrong with a stack's secrets."""
    init, rotate = (f"neurmatic secrets {verb} --stack {stack}" for verb in ("init", "rotate"))
    for name in contents.needed:
        if name not in contents.values and name not in contents.in_the_clear:
            yield Finding(name, f"is missing: {SECRETS[name].meaning}", init)
    for name in sorted(contents.in_the_clear):
        yield Finding(name, IN_THE_CLEAR, f"{removal(stack, name)}; {init}")
    for name, value in contents.values.items():
        if problem := weakness(name, value):
            yield Finding(name, problem, f"{rotate} {name}")
        if SECRETS[name].made == "certificate":
            continue
        changed = contents.changed.get(name)
        if changed is None:
            yield Finding(name, "was set on a day that is not noted", f"{init} notes today")
        elif (age := (today - changed).days) > contents.max_age_days:
            limit = f"secrets.max_age_days is {contents.max_age_days}"
            yield Finding(name, f"is {age} days old, and {limit}", f"{rotate} {name}")
    first_of: dict[str, str] = {}
    for name, value in contents.values.items():
        if (other := first_of.setdefault(value, name)) != name:
            yield Finding(name, f"is equal to {other}", f"{rotate} {name}")
    yield from _certificates(contents, today, init, rotate)


def removal(stack: str, name: str) -> str:
    """Return the command that removes a secret from the stack's file."""
    return f"pulumi config rm --stack {stack} {PROJECT}:{name}"


def weakness(name: str, value: str) -> str | None:
    """Return why a value is not good enough for this secret, None where it is."""
    kind = SECRETS[name]
    if not kind.fits(value):
        return f"is not {kind.form}"
    if kind.made == "certificate":
        return None
    if word := next((word for word in _PLACEHOLDERS if word in value.lower()), None):
        return f"looks like a placeholder: it contains {word!r}"
    if (distinct := len(set(value))) < _DISTINCT:
        return f"is weak: {distinct} different characters"
    if kind.made == "generated" and len(value) < LENGTH:
        return f"is weak: {len(value)} characters, and the brief wants {LENGTH}"
    if kind.made == "generated" and zxcvbn(value[:_ESTIMATED])["guesses_log10"] < _LEAST_GUESSES:
        return "is weak: it repeats itself or counts"
    return None


def _certificates(contents: Contents, today: date, init: str, rotate: str) -> Iterator[Finding]:
    parsed = {}
    for name in (name for name in contents.values if SECRETS[name].made == "certificate"):
        try:
            parsed[name] = certificates(contents.values[name])[0]
        except ValueError:
            yield Finding(name, "holds no certificate that can be read", f"{rotate} {name}")
    for name, certificate in parsed.items():
        last_day = certificate.not_valid_after_utc.date()
        if contents.expires.get(name) != last_day:
            yield Finding(name, f"ends on {last_day}, which is not noted", f"{init} notes it")
        if (left := (last_day - today).days) < _DAYS_BEFORE_EXPIRY:
            yield Finding(name, f"expires in {left} days" if left >= 0 else "has expired", f"{rotate} {name}")
    if len(parsed) == 2:
        try:
            parsed["origin_pull_client"].verify_directly_issued_by(parsed["origin_pull_authority"])
        except Exception:  # any error: nginx would refuse the client too
            name = "origin_pull_client"
            yield Finding(name, "is not signed by origin_pull_authority", f"{rotate} {name}")
