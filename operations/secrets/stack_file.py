"""The stack's file, in which `pulumi` keeps secrets encrypted; changed whole or not at all."""

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
    """What a stack's file says of secrets."""

    needed: tuple[str, ...]
    values: Mapping[str, str]
    """By the name of each that is set; empty texts where they were not asked for."""
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
        """Return what is there, with the secrets' values if asked; that needs the passphrase."""
        return contents(json.loads(pulumi(show(self.stack, self.path, values=values))))

    def keep(self, name: str, value: str | None, day: date | None, last_day: date | None) -> None:
        """Keep what there is of a secret's new value, the day on which it was set, and a certificate's last day."""
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
        """Give a copy that takes the file's place when the context ends, and is gone when it fails."""
        draft = self.path.with_name(f".new.{self.path.name}")
        try:
            shutil.copy2(self.path, draft)
            yield draft
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)


def find(stack: str, environment: Mapping[str, str] = os.environ) -> StackFile:
    """Return the stack's file; raises OperationError when there is none to write to."""
    path = located(stack, environment)
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise OperationError(f"{path} cannot be written", f"chmod u+w {path}, and its folder")
    return StackFile(stack, path)


def located(stack: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where `pulumi` looks for the stack's file; raises OperationError when there is none."""
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
    """Return the arguments that note the day on which a secret was set, or on which it ends."""
    return ["config", "set", "--path", f"{PROJECT}:secrets.{kind}.{name}", day.isoformat(), *_of(stack, file)]


def _of(stack: str, file: Path) -> list[str]:
    return ["--stack", stack, "--config-file", str(file)]


def contents(shown: Mapping[str, Mapping[str, Any]]) -> Contents:
    """Read what `pulumi config --json` printed; raises OperationError when what decides about secrets is not valid."""
    by_name = {key.partition(":")[2]: one for key, one in shown.items() if key.startswith(f"{PROJECT}:")}

    def written(name: str) -> object:
        one = by_name.get(name, {})
        return one.get("objectValue", one.get("value")) or {}

    def only(kind: type[Section], section: str, name: str) -> Any:
        fields = _valid(dict[str, Any], written(section), section)
        annotation = kind.model_fields[name].annotation
        return kind.model_construct(
            **{key: _valid(annotation, value, section, key) for key, value in fields.items() if key == name}
        )

    kept: SecretsSettings = _valid(SecretsSettings, written("secrets"), "secrets")
    # Only what brings secrets: they may be set while other settings are still missing; `pulumi preview` judges those.
    sections = {
        "application": only(ApplicationSettings, "application", "third_party"),
        "edge": only(EdgeSettings, "edge", "origin_pulls"),
        "registry": _valid(RegistrySettings | None, written("registry") or None, "registry"),
    }
    known = {name: one for name, one in by_name.items() if name in SECRETS}
    return Contents(
        needed=needed_secrets(Settings.model_construct(**sections)),
        values={name: one.get("value", "") for name, one in known.items() if one["secret"]},
        in_the_clear=frozenset(name for name, one in known.items() if not one["secret"]),
        changed=kept.changed,
        expires=kept.expires,
        max_age_days=kept.max_age_days,
    )


def _valid(kind: Any, value: object, *path: str) -> Any:
    """Return a value as its type has it; raises OperationError with the path of the first thing that is wrong."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        below = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        mend = "mend it in the stack's file; a list stands in brackets: [sendgrid, sentry]"
        raise OperationError(f"{PROJECT}:{'.'.join(path)}{below}: {first['msg']}", mend) from error
