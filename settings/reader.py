"""Reads a stack's configuration and reports its mistakes."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.agent import warn_where_none_answers
from settings.secrets import NAMED, SECRETS, SecretValues
from settings.stack import PROJECT, Settings, needed_secrets


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is wrong there, and how to mend it."""

    key: str
    wrong: str
    mend: str

    @property
    def lines(self) -> list[str]:
        """The lines of a report on it."""
        return [self.key, f"    {self.wrong}", f"    mend: {self.mend}"]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def load() -> tuple[Settings, SecretValues]:
    """Return the stack's settings and secrets.

    Raises pulumi.RunError, which Pulumi shows without a traceback, with all mistakes.
    """
    values = {**get_config_env(), **CONFIG.get()}
    secret = {key for key in values if pulumi.runtime.is_config_secret(key)}
    settings, problems = parse(values, secret, pulumi.get_stack())
    if settings is None or problems:
        raise pulumi.RunError(report(problems))
    warn_where_none_answers()
    config = pulumi.Config(PROJECT)
    needed = {name: config.require_secret(name) for name in needed_secrets(settings)}
    named: dict[str, Any] = {name: needed.get(name) for name in NAMED}
    third_party = {name: value for name, value in needed.items() if name not in NAMED}
    return settings, SecretValues(**named, third_party=third_party)


# With the first line and the last, 12 lines: as many as are read at 3 a.m.
_SHOWN_IN_FULL = 3
_WIDTH = 156  # of 160, because Pulumi indents errors


def report(problems: list[Problem]) -> str:
    """Return a report of all problems: the first in full, the keys of the others."""
    many = f"{len(problems)} mistakes" if len(problems) > 1 else "one mistake"
    others = ", ".join(problem.key for problem in problems[_SHOWN_IN_FULL:])
    lines = [
        f"the configuration has {many}; nothing was changed, and what runs serves on",
        *(line for problem in problems[:_SHOWN_IN_FULL] for line in problem.lines),
        *([f"and in {others}"] if others else []),
        "type: pulumi up   # once this is mended",
    ]
    return "\n".join(map(_fitting, lines))


def _fitting(line: str) -> str:
    """Return a line that fits into a terminal, whatever the configuration holds."""
    line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def parse(values: Mapping[str, str], secret: set[str], stack: str) -> tuple[Settings | None, list[Problem]]:
    """Parse a configuration as Pulumi gives it: strings by their full keys, and the keys whose values are secret."""
    problems = list(_foreign(values))
    sections: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        key = f"{PROJECT}:{name}"
        if key in secret:
            mend = f"neurmatic secrets init --stack {stack}, and the section without it"
            problems.append(Problem(key, "holds a secret, and sections are not secret", mend))
        elif key in values:
            sections[name] = _decoded(values[key]) if field.annotation is not str else values[key]
    settings = None
    try:
        settings = Settings.model_validate(sections)
    except ValidationError as error:
        skipped = {name for name in Settings.model_fields if f"{PROJECT}:{name}" in secret}
        problems += [_problem(details, stack) for details in error.errors() if details["loc"][0] not in skipped]
    return settings, [*problems, *_secrets(values, secret, needed_secrets(settings), stack)]


def _decoded(text: str) -> object:
    """Return the value in a text: objects arrive as JSON, strings as they are."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _foreign(values: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each unknown key, except the engine's own `pulumi:` keys."""
    known = {f"{PROJECT}:{name}" for name in (*Settings.model_fields, *SECRETS)}
    for key in sorted(values):
        if key not in known and not key.startswith("pulumi:"):
            yield Problem(key, f"is no setting of this program{_near(key, known)}", f"pulumi config rm '{key}'")


def _secrets(values: Mapping[str, str], secret: set[str], needed: tuple[str, ...], stack: str) -> Iterator[Problem]:
    init, rotate = (f"neurmatic secrets {verb} --stack {stack}" for verb in ("init", "rotate"))
    for name, kind in SECRETS.items():
        key = f"{PROJECT}:{name}"
        if key in values and key not in secret:
            yield Problem(key, "is a secret and stands in the clear", f"pulumi config rm '{key}'; {init}")
        elif key in values and not kind.fits(values[key]):
            yield Problem(key, f"is not {kind.form}", f"{rotate} {name}")
        elif key not in values and name in needed:
            yield Problem(key, f"is missing; it is a secret: {kind.meaning}", init)


def _problem(error: ErrorDetails, stack: str) -> Problem:
    path = [part for part in error["loc"] if part != "[key]"]
    key = f"{PROJECT}:" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]
    set_it = f"pulumi config set --path '{key}' VALUE"
    if error["type"] == "extra_forbidden":
        section = _section(path[:-1])
        siblings = set(section.model_fields) if section else set()
        return Problem(key, f"is no setting{_near(str(path[-1]), siblings)}", f"pulumi config rm --path '{key}'")
    if error["type"] == "missing":
        return Problem(key, f"is missing: {_meaning(path)}", set_it)
    if error["type"] == "rule":
        context = error["ctx"]
        key = f"{PROJECT}:{context['at']}" if context["at"] else key
        mend = context["mend"].replace("{stack}", stack).replace("{section}", str(path[-2:][0]))
        return Problem(key, f"{context['problem']}{_shown(error['input'])}", mend)
    return Problem(key, f"{error['msg']}{_shown(error['input'])}: {_meaning(path)}", set_it)


def _shown(value: object) -> str:
    return f" (it is {json.dumps(value)})" if isinstance(value, str | int | float) else ""


def _near(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _section(path: list[int | str]) -> type[BaseModel] | None:
    """Return the section at this path, None where there is none."""
    section: type[BaseModel] | None = Settings
    for part in path:
        if isinstance(part, int):
            continue  # an item of a list of sections
        field = section.model_fields.get(part) if section else None
        section = _inner(field.annotation) if field else None
    return section


def _inner(annotation: object) -> type[BaseModel] | None:
    """Return the section in an annotation: itself, optional, or the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner, typing.get_args(annotation))), None)


def _meaning(path: list[int | str]) -> str:
    """Return the description of a field, or else that of the section around it."""
    section = _section(path[:-1])
    field = section.model_fields.get(str(path[-1])) if section else None
    return (field and field.description) or _meaning(path[:-1])
