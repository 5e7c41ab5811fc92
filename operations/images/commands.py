"""`neurmatic images --stack S`: what runs, what the registries have instead, and what is to run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pydantic import TypeAdapter, ValidationError

from operations import clock
from operations.errors import OperationError
from operations.images import text
from operations.images.registry import Held, Login, held
from operations.secrets import stack_file
from operations.secrets.stack_file import StackFile
from settings import IMAGES, PROJECT, RELEASED, ImageName, Release


@dataclass(frozen=True)
class Images:
    """The images of a stack's file, and the login at the registry that asks for one."""

    file: StackFile

    @cached_property
    def _text(self) -> str:
        return self.file.path.read_text()

    def of(self, part: str) -> ImageName:
        """Return the image of a part; raises OperationError where none is set."""
        path = IMAGES[part]
        image = ImageName.parsed(text.values(self._text, [path]).get(path, ""))
        if image is None:
            problem = f"{PROJECT}:{path} is no image with its tag"
            raise OperationError(problem, f"pulumi config set --path '{PROJECT}:{path}' REPOSITORY:TAG")
        return image

    def held(self, image: ImageName) -> Held:
        """Return what the registry has; raises OperationError when it does not tell."""
        return held(image, self._login(image.registry), self.file.stack)

    def newest(self, image: ImageName) -> ImageName:
        """Return an image with the digest that its tag has now; raises OperationError when nobody tells it."""
        return image._replace(digest=self.held(image._replace(digest=None)).digest)

    def write(self, new: Mapping[str, str]) -> None:
        """Write values by the settings' paths, all or none."""
        self.file.write(text.replaced(self._text, new))

    def _login(self, registry: str) -> Login | None:
        known = text.values(self._text, ["registry.server", "registry.user"])
        if known.get("registry.server") != registry:
            return None
        return Login(known.get("registry.user", ""), self._token)

    @cached_property
    def _token(self) -> str:
        token = self.file.read(values=True).values.get("registry_token")
        if token is None:
            init = f"neurmatic secrets init --stack {self.file.stack}"
            raise OperationError(f"{PROJECT}:registry_token is not set", init)
        return token


def update(stack: str, parts: Sequence[str]) -> int:
    """Write the digests that the tags of these parts have now."""
    images = Images(stack_file.find(stack))
    before = {part: images.of(part) for part in dict.fromkeys(parts)}
    return _write(images, {}, before, {part: images.newest(image) for part, image in before.items()})


def release(stack: str, tag: str) -> int:
    """Write a release: its tag, and the images that its tag names now."""
    try:
        TypeAdapter(Release).validate_python(tag)
    except ValidationError as error:
        raise OperationError(f"{tag!r} is no release", "name the tag that its images have, not latest") from error
    images = Images(stack_file.find(stack))
    before = {part: images.of(part) for part in RELEASED}
    after = {part: images.newest(image._replace(tag=tag)) for part, image in before.items()}
    return _write(images, {"release": tag}, before, after)


def _write(
    images: Images, other: Mapping[str, str], before: Mapping[str, ImageName], after: Mapping[str, ImageName]
) -> int:
    images.write({**other, **{IMAGES[part]: str(image) for part, image in after.items()}})
    for part, image in after.items():
        same = before[part] == image
        _say(f"{part}: {image}" + (", as before" if same else f"; before {_short(before[part])}"))
    stack = images.file.stack
    _say("next: " + (f"pulumi up --stack {stack}" if before != after else f"nothing; {stack} has these already"))
    return 0


@dataclass(frozen=True)
class Row:
    """What is known of a part's image."""

    part: str
    image: ImageName | None
    made: date | None
    newest: Held | None
    problem: OperationError | None

    @property
    def state(self) -> str:
        """Return what the registry has instead, in one word."""
        if self.image is None or self.newest is None:
            return "unknown"
        if self.image.digest is None:
            return "unpinned"
        return "newest" if self.newest.digest == self.image.digest else "newer"


def show(stack: str, *, as_json: bool) -> int:
    """Print the image of every part with what its registry has; return 1 where one cannot be asked, else 0."""
    images = Images(StackFile(stack, stack_file.located(stack)))
    rows = [_row(images, part) for part in IMAGES]
    _say(json.dumps([_plain(row) for row in rows], indent=2) if as_json else _table(rows, stack))
    return 1 if any(row.problem for row in rows) else 0


def _row(images: Images, part: str) -> Row:
    image = None
    try:
        image = images.of(part)
        newest = images.held(image._replace(digest=None))
    except OperationError as error:
        return Row(part, image, None, None, error)
    if image.digest in (None, newest.digest):
        return Row(part, image, newest.made if image.digest else None, newest, None)
    try:
        made = images.held(image).made
    except OperationError:  # the registry may have forgotten it; what it has now is told all the same
        made = None
    return Row(part, image, made, newest, None)


def _plain(row: Row) -> dict[str, str | None]:
    image, newest = row.image, row.newest
    return {
        "part": row.part,
        "setting": f"{PROJECT}:{IMAGES[row.part]}",
        "repository": image.repository if image else None,
        "tag": image.tag if image else None,
        "digest": image.digest if image else None,
        "made": row.made.isoformat() if row.made else None,
        "state": row.state,
        "newest_digest": newest.digest if newest else None,
        "newest_made": newest.made.isoformat() if newest and newest.made else None,
        "problem": row.problem.problem if row.problem else None,
        "mend": row.problem.mend if row.problem else None,
    }


def _table(rows: list[Row], stack: str) -> str:
    cells = [("part", "image", "digest", "age", "the registry has")]
    for row in rows:
        image, newest = row.image, row.newest
        name = f"{image.repository}:{image.tag}" if image else "none"
        told = {
            "newest": "the same",
            "newer": f"a newer one: {_digest(newest and newest.digest)}, {_age(newest and newest.made)}",
            "unpinned": f"{_digest(newest and newest.digest)}, {_age(newest and newest.made)}",
            "unknown": f"unknown: {row.problem.problem if row.problem else ''}",
        }[row.state]
        cells.append((row.part, name, _digest(image and image.digest), _age(row.made), told))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]) - 1)]
    lines = [
        "  ".join([*(f"{cell:{width}}" for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in cells
    ]
    lines += [f"mend {row.part}: {row.problem.mend}" for row in rows if row.problem]
    if parts := [row.part for row in rows if row.state in ("newer", "unpinned")]:
        lines.append(f"next: neurmatic images --stack {stack} " + " ".join(f"--update {part}" for part in parts))
    return "\n".join(lines)


def _digest(digest: str | None) -> str:
    return digest.removeprefix("sha256:")[:12] if digest else "none"


def _short(image: ImageName) -> str:
    return f"{image.tag}@{_digest(image.digest)}"


def _age(made: date | None) -> str:
    return f"{(clock.today() - made).days} days" if made else "unknown"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
