"""`neurmatic images --stack S`: shows the configured images and the newest ones, and updates them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import click
from pydantic import TypeAdapter, ValidationError

from operations import clock
from operations.errors import OperationError
from operations.images import text
from operations.images.registry import Login, Published, look_up
from operations.secrets import stack_file
from operations.secrets.stack_file import StackFile
from settings import IMAGES, PROJECT, RELEASED, ImageName, Release


@dataclass(frozen=True)
class Images:
    """The images in a stack's file, looked up with its registry login."""

    file: StackFile

    @cached_property
    def _text(self) -> str:
        return self.file.path.read_text()

    def of(self, part: str) -> ImageName:
        """Return the configured image of a part; raises OperationError when there is none."""
        path = IMAGES[part]
        image = ImageName.parsed(text.values(self._text, [path]).get(path, ""))
        if image is None:
            problem = f"{PROJECT}:{path} is no image with its tag"
            raise OperationError(problem, f"pulumi config set --path '{PROJECT}:{path}' REPOSITORY:TAG")
        return image

    def look_up(self, image: ImageName) -> Published:
        """Return what the registry has under an image's name; raises OperationError when it does not answer."""
        return look_up(image, self._login(image.registry), self.file.stack)

    def newest(self, image: ImageName) -> ImageName:
        """Return an image with its tag's current digest; raises OperationError when the registry does not answer."""
        return image._replace(digest=self.look_up(image._replace(digest=None)).digest)

    def write(self, new: Mapping[str, str]) -> None:
        """Write values at setting paths, all or none."""
        self.file.write(text.replaced(self._text, new))

    def _login(self, registry: str) -> Login | None:
        configured = text.values(self._text, ["registry.server", "registry.user"])
        if configured.get("registry.server") != registry:
            return None
        return Login(configured.get("registry.user", ""), self._token)

    @cached_property
    def _token(self) -> str:
        token = self.file.read(values=True).values.get("registry_token")
        if token is None:
            init = f"neurmatic secrets init --stack {self.file.stack}"
            raise OperationError(f"{PROJECT}:registry_token is not set", init)
        return token


def update(stack: str, parts: Sequence[str]) -> int:
    """Pin the images of these parts to the current digests of their tags."""
    images = Images(stack_file.find(stack))
    before = {part: images.of(part) for part in dict.fromkeys(parts)}
    return _write(images, {}, before, {part: images.newest(image) for part, image in before.items()})


def release(stack: str, tag: str) -> int:
    """Write a release: its tag, and its images with their current digests."""
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
        old = before[part]
        change = ", as before" if old == image else f"; before {old.tag}@{_digest(old.digest)}"
        click.echo(f"{part}: {image}{change}")
    stack = images.file.stack
    click.echo("next: " + (f"pulumi up --stack {stack}" if before != after else f"nothing; {stack} has these already"))
    return 0


@dataclass(frozen=True)
class Row:
    """A part's configured image, and what its registry has under that tag."""

    part: str
    image: ImageName | None
    created: date | None
    newest: Published | None
    problem: OperationError | None

    @property
    def state(self) -> str:
        """Return how the configured image compares with the registry's."""
        if self.image is None or self.newest is None:
            return "unknown"
        if self.image.digest is None:
            return "unpinned"
        return "newest" if self.newest.digest == self.image.digest else "newer"


def show(stack: str, *, as_json: bool) -> int:
    """Print the image of every part beside its registry's; return 1 when a registry cannot be asked, else 0."""
    images = Images(StackFile(stack, stack_file.locate(stack)))
    rows = [_row(images, part) for part in IMAGES]
    click.echo(json.dumps([_plain(row) for row in rows], indent=2) if as_json else _table(rows, stack))
    return 1 if any(row.problem for row in rows) else 0


def _row(images: Images, part: str) -> Row:
    image = None
    try:
        image = images.of(part)
        newest = images.look_up(image._replace(digest=None))
    except OperationError as error:
        return Row(part, image, None, None, error)
    if image.digest in (None, newest.digest):
        return Row(part, image, newest.created if image.digest else None, newest, None)
    try:
        created = images.look_up(image).created
    except OperationError:  # the registry may have deleted it; the newest is shown all the same
        created = None
    return Row(part, image, created, newest, None)


def _plain(row: Row) -> dict[str, str | None]:
    image, newest = row.image, row.newest
    return {
        "part": row.part,
        "setting": f"{PROJECT}:{IMAGES[row.part]}",
        "repository": image.repository if image else None,
        "tag": image.tag if image else None,
        "digest": image.digest if image else None,
        "made": row.created.isoformat() if row.created else None,
        "state": row.state,
        "newest_digest": newest.digest if newest else None,
        "newest_made": newest.created.isoformat() if newest and newest.created else None,
        "problem": row.problem.problem if row.problem else None,
        "mend": row.problem.mend if row.problem else None,
    }


def _table(rows: list[Row], stack: str) -> str:
    cells = [("part", "image", "digest", "age", "the registry has")]
    for row in rows:
        image, newest = row.image, row.newest
        name = f"{image.repository}:{image.tag}" if image else "none"
        newest_text = f"{_digest(newest and newest.digest)}, {_age(newest and newest.created)}"
        published = {
            "newest": "the same",
            "newer": f"a newer one: {newest_text}",
            "unpinned": newest_text,
            "unknown": f"unknown: {row.problem.problem if row.problem else ''}",
        }[row.state]
        cells.append((row.part, name, _digest(image and image.digest), _age(row.created), published))
    widths = [max(map(len, column)) for column in [*zip(*cells, strict=True)][:-1]]
    lines = ["  ".join([*map(str.ljust, line, widths), line[-1]]) for line in cells]
    lines += [f"mend {row.part}: {row.problem.mend}" for row in rows if row.problem]
    if parts := [row.part for row in rows if row.state in ("newer", "unpinned")]:
        lines.append(f"next: neurmatic images --stack {stack} " + " ".join(f"--update {part}" for part in parts))
    return "\n".join(lines)


def _digest(digest: str | None) -> str:
    return digest.removeprefix("sha256:")[:12] if digest else "none"


def _age(created: date | None) -> str:
    return f"{(clock.today() - created).days} days" if created else "unknown"
