"""How an image's name becomes an image."""

import pytest

from components.images import released

PINNED = "ghcr.io/neurmatic/backend@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "expected"), [("ghcr.io/neurmatic/backend", "ghcr.io/neurmatic/backend:v1"), (PINNED, PINNED)]
)
def test_a_release_is_its_tag_unless_the_image_is_pinned(image: str, expected: str) -> None:
    assert released(image, "v1") == expected
