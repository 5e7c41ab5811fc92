"""The registry that asks for a login."""

from dataclasses import dataclass
from typing import Annotated

import pulumi
from pydantic import AfterValidator, StringConstraints

from settings.image import is_registry
from settings.values import Section, refuse


def _host(server: str) -> str:
    if not is_registry(server):
        refuse("is no host of a registry", "write it as it stands in front of the images: ghcr.io, 192.0.2.1:5000")
    return server


class RegistrySettings(Section):
    """The registry that asks for a login; its token is the secret `registry_token`."""

    server: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$"), AfterValidator(_host)]
    """Host as it stands in front of the images, such as ghcr.io; docker.io for images that have none in front."""
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$")]
    """Who the token belongs to."""


@dataclass(frozen=True)
class RegistryLogin:
    """The program's login at the registry."""

    server: str
    user: str
    token: pulumi.Output[str]
