"""A container image as a setting names it: `repository:tag@digest`."""

import re
from typing import NamedTuple, Self

DOCKER_HUB = "docker.io"
"""The registry of an image that names none."""

_FORM = re.compile(
    r"(?P<repository>(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]*[a-z0-9])"
    r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class ImageName(NamedTuple):
    """The parts of an image's name: the digest decides what runs, the tag tells people and tools what that is."""

    repository: str
    tag: str
    digest: str | None

    @classmethod
    def parsed(cls, text: str) -> Self | None:
        """Return the parts of an image's name, None where it is malformed or has no tag."""
        match = _FORM.fullmatch(text)
        return cls(match["repository"], match["tag"], match["digest"]) if match else None

    @property
    def registry(self) -> str:
        """The host of its registry."""
        first, slash, _ = self.repository.partition("/")
        return first if slash and is_registry(first) else DOCKER_HUB

    def __str__(self) -> str:
        """Return the name as settings and Docker write it."""
        return f"{self.repository}:{self.tag}" + (f"@{self.digest}" if self.digest else "")


def is_registry(text: str) -> bool:
    """Return whether Docker takes the first part of a repository for a host."""
    return "." in text or ":" in text or text == "localhost"
