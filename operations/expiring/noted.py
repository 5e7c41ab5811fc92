"""Expiry dates in the repository: of waivers, and of secrets in the stack's file; no passphrase, no network."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from operations.errors import UsageError
from operations.expiring.ending import Ending, unknown
from operations.runner import ROOT, short
from operations.secrets import stack_file
from policies import waivers
from policies.host_rules import EVERY_RULE
from settings import PROJECT, SECRETS, SecretsSettings


def endings(stack: str, today: date, environment: Mapping[str, str] = os.environ) -> list[Ending]:
    """Return the ends of a stack's waivers and secrets; raises OperationError when it has no file."""
    file = stack_file.locate(stack, environment)
    return [*_waivers(ROOT / waivers.FILE, stack, today), *_secrets(stack, file)]


def config(file: Path) -> Mapping[str, Any]:
    """Return the configuration in a stack's file, secrets encrypted."""
    try:
        document = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no such day, or not UTF-8
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{file}{where}: is no YAML, or has a day that there is not", "mend it there") from error
    configured = document.get("config") if isinstance(document, dict) else None
    return configured if isinstance(configured, dict) else {}


def section(configured: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a section of a configuration, empty where it is missing or not a mapping."""
    settings = configured.get(f"{PROJECT}:{name}")
    return settings if isinstance(settings, dict) else {}


def _waivers(file: Path, stack: str, today: date) -> Iterator[Ending]:
    renew = f"mend what it waives, or set a new end in {file.name}"
    # For a rehearsal waivers never expire, so that those past their end are listed too.
    loaded = waivers.load(file, [rule.id for rule in EVERY_RULE], today, "rehearsal")
    for waiver in loaded.holding:
        if waiver.holds_in(short(stack)):
            yield Ending(f"waiver {waiver}", waiver.expires, renew)
    for fault in loaded.faults:
        yield unknown("waiver", fault, f"mend {file.name}")


def _secrets(stack: str, file: Path) -> Iterator[Ending]:
    configured = config(file)
    init, rotate = (f"neurmatic secrets {verb} --stack {stack}" for verb in ("init", "rotate"))
    names = [name for name in SECRETS if f"{PROJECT}:{name}" in configured]
    if not names:
        yield unknown("secrets", f"{file.name} holds none", init, to_be_noted=False)
        return
    try:
        dates = SecretsSettings.model_validate(configured.get(f"{PROJECT}:secrets") or {})
    except ValidationError:
        yield unknown("secrets", f"{PROJECT}:secrets in {file.name} cannot be read", f"{init} tells what is wrong")
        return
    for name in names:
        if SECRETS[name].made == "certificate":
            last_day = dates.expires.get(name)
        else:
            changed = dates.changed.get(name)
            last_day = changed and changed + timedelta(days=dates.max_age_days)
        if last_day:
            yield Ending(name, last_day, f"{rotate} {name}")
        else:
            # A file without any dates was made up for a preview.
            has_dates = f"{PROJECT}:secrets" in configured
            yield unknown(name, "its day is not noted", f"{init} notes it", to_be_noted=has_dates)
