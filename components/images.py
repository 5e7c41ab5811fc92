"""Container images by digest."""

import pulumi
import pulumi_docker as docker


def pinned(image: str, setting: str, registry: docker.Provider) -> str:
    """Return the image with the digest that its tag has now; one that has a digest already stays as it is.

    Asks the registry, in previews too. Raises pulumi.RunError when it does not hold the image.
    """
    if "@sha256:" in image:
        return image
    try:
        found = docker.get_registry_image(name=image, opts=pulumi.InvokeOptions(provider=registry))
    except Exception as error:
        raise pulumi.RunError(
            f"neurmatic:{setting}\n    the registry does not give {image}: {error}\n"
            "    mend: push that image, or set another; its tag is neurmatic:release where the setting names none"
        ) from error
    return f"{image}@{found.sha256_digest}"


def released(image: str, release: str) -> str:
    """Return the image of this release; one that is pinned by digest stays as it is."""
    return image if "@sha256:" in image else f"{image}:{release}"
