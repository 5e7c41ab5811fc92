"""The stack's file, in which `pulumi` keeps secrets encrypted; it is changed atomically."""

from __future__ import annotations

import difflib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from operations.errors import OperationError
from operations.runner import ROOT, pulumi, short
from settings import (
    PROJECT,
    SECRETS,
    ApplicationSettings,
    EdgeSettings,
    RegistrySettings,
    SecretsSettings,
    Section,
    Settings,
    needed_secrets,
)


@dataclass(frozen=True)
class Contents:
    """The secrets in a stack's file, and what decides which are needed."""

    needed: tuple[str, ...]
    values: Mapping[str, str]
    """By the names of those that are set; empty strings when read without values."""
    in_the_clear: frozenset[str]
    changed: Mapping[str, date]
    expires: Mapping[str, date]
    max_age_days: int


@dataclass(frozen=True)
class StackFile:
    """The file of one stack."""

    stack: str
    path: Path

    def read(self, *, values: bool) -> Contents:
        """Return the file's contents; the secrets' values need the passphrase."""
        return contents(json.loads(pulumi(show(self.stack, self.path, values=values))))

    def store(self, name: str, value: str | None, day: date | None, last_day: date | None) -> None:
        """Store a secret's new value, the day on which it was set and a certificate's last day; None keeps the old."""
        with self._draft() as draft:
            if value is not None:
                pulumi(set_secret(self.stack, draft, name), stdin=value)
            if day is not None:
                pulumi(set_day(self.stack, draft, "changed", name, day))
            if last_day is not None:
                pulumi(set_day(self.stack, draft, "expires", name, last_day))

    def write(self, text: str) -> None:
        """Replace the file's text."""
        with self._draft() as draft:
            draft.write_text(text)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """Yield a copy that replaces the file when the context ends, and is deleted when it fails."""
        draft = self.path.with_name(f".new.{self.path.name}")
        try:
            shutil.copy2(self.path, draft)
            yield draft
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)


def find(stack: str, environment: Mapping[str, str] = os.environ) -> StackFile:
    """Return the stack's file; raises OperationError when it is missing or not writable."""
    path = locate(stack, environment)
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise OperationError(f"{path} cannot be written", f"chmod u+w {path}, and its folder")
    return StackFile(stack, path)


def locate(stack: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path at which `pulumi` reads the stack's file; raises OperationError when it is missing."""
    name = f"Pulumi.{short(stack)}.yaml"
    path = ROOT / name
    if chosen := environment.get("PULUMI_OPTION_CONFIG_FILE"):
        path = Path(chosen).absolute()
        if path.name != name:
            problem = f"PULUMI_OPTION_CONFIG_FILE names {chosen}, and the file of stack {stack} is called {name}"
            raise OperationError(problem, "unset PULUMI_OPTION_CONFIG_FILE, or give the stack whose file it is")
    if not path.exists():
        stacks = sorted(file.name.split(".")[1] for file in path.parent.glob("Pulumi.*.yaml"))
        near = difflib.get_close_matches(stack, stacks, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(stacks)}"
        raise OperationError(f"there is no {path}", meant)
    return path


def show(stack: str, file: Path, *, values: bool) -> list[str]:
    """Return the arguments that print the configuration."""
    return ["config", "--json", *(["--show-secrets"] if values else []), *_of(stack, file)]


def set_secret(stack: str, file: Path, name: str) -> list[str]:
    """Return the arguments that set a secret to what comes on standard input."""
    return ["config", "set", "--secret", f"{PROJECT}:{name}", *_of(stack, file)]


def set_day(stack: str, file: Path, kind: Literal["changed", "expires"], name: str, day: date) -> list[str]:
    """Return the arguments that note the day on which a secret was changed, or expires."""
    return ["config", "set", "--path", f"{PROJECT}:secrets.{kind}.{name}", day.isoformat(), *_of(stack, file)]


def _of(stack: str, file: Path) -> list[str]:
    return ["--stack", stack, "--config-file", str(file)]


def contents(config: Mapping[str, Mapping[str, Any]]) -> Contents:
    """Parse the output of `pulumi config --json`; raises OperationError when a setting about secrets is not valid."""
    entries = {key.partition(":")[2]: entry for key, entry in config.items() if key.startswith(f"{PROJECT}:")}

    def value(name: str) -> object:
        entry = entries.get(name, {})
        return entry.get("objectValue", entry.get("value")) or {}

    def only(kind: type[Section], section: str, name: str) -> Any:
        fields = _valid(dict[str, Any], value(section), section)
        if name not in fields:
            return kind.model_construct()
        return kind.model_construct(**{name: _valid(kind.model_fields[name].annotation, fields[name], section, name)})

    dates: SecretsSettings = _valid(SecretsSettings, value("secrets"), "secrets")
    # Only the settings that need secrets: the others may still be missing; `pulumi preview` validates them.
    sections = {
        "application": only(ApplicationSettings, "application", "third_party"),
        "edge": only(EdgeSettings, "edge", "origin_pulls"),
        "registry": _valid(RegistrySettings | None, value("registry") or None, "registry"),
    }
    secrets = {name: entry for name, entry in entries.items() if name in SECRETS}
    return Contents(
        needed=needed_secrets(Settings.model_construct(**sections)),
        values={name: entry.get("value", "") for name, entry in secrets.items() if entry["secret"]},
        in_the_clear=frozenset(name for name, entry in secrets.items() if not entry["secret"]),
        changed=dates.changed,
        expires=dates.expires,
        max_age_days=dates.max_age_days,
    )


def _valid(kind: Any, value: object, *path: str) -> Any:
    """Return a value validated as a type; raises OperationError with the path of the first mistake."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        below = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        mend = "mend it in the stack's file; a list stands in brackets: [sendgrid, sentry]"
        raise OperationError(f"{PROJECT}:{'.'.join(path)}{below}: {first['msg']}", mend) from error
