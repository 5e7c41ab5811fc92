"""The VPS, set up for Docker, Swarm and certificates."""

from collections.abc import Mapping, Sequence

import pulumi

from components.component import Component
from components.providers import Providers
from components.script import FILES, script
from settings import HostSettings, ImageName, RegistryLogin

ROOT = "/opt/neurmatic"
"""The platform's directory on the host."""
SECRETS = f"{ROOT}/secrets"
"""Secret files of plain containers; for root only."""
NGINX = f"{ROOT}/infrastructure/nginx"
"""Configuration, certificates and challenges; mounted into nginx's container."""


class Host(Component):
    """A Debian host with Docker in Swarm mode and the platform's images, which restarts the platform after a reboot.

    Images are pulled before anything else changes, so that a registry's refusal stops the deployment early.
    """

    def __init__(
        self,
        settings: HostSettings,
        *,
        images: Mapping[str, str],
        providers: Providers,
        stack: str,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__(after=after)
        self.connection = providers.connection
        self.docker = providers.docker
        login = providers.registry_login
        ready = script(
            "host-ready",
            "host.sh",
            {
                "ROOT": ROOT,
                "SECRETS": SECRETS,
                "NGINX": NGINX,
                "SWARM_ADDRESS": str(settings.swarm_address),
                **{name: (FILES / file).read_text() for name, file in _FILES.items()},
            },
            connection=self.connection,
            opts=self.child(),
        )
        private = [image for image in images.values() if login and _registry(image) == login.server]
        public = [image for image in images.values() if image not in private]
        # Separate, so that a new token pulls only the images of its registry, and the others need no login.
        if public:
            self._images("host-images", public, None, stack, after=[ready])
        if private:
            self._images("host-private-images", private, login, stack, after=[ready])

    def _images(
        self, name: str, images: list[str], login: RegistryLogin | None, stack: str, *, after: list[pulumi.Resource]
    ) -> None:
        """Pull images, again when they or the login's token change."""
        script(
            name,
            "images.sh",
            {
                "IMAGES": " ".join(images),
                "SERVER": login.server if login else "",
                "USER": login.user if login else "",
                "STACK": stack,
            },
            connection=self.connection,
            stdin=login.token if login else "",
            secret=login is not None,
            opts=self.child(after=after),
        )


def _registry(text: str) -> str | None:
    image = ImageName.parsed(text)
    return image.registry if image else None


_FILES = {"DAEMON": "daemon.json", "SSHD": "sshd.conf", "KEEP": "keep.sh", "KEEP_UNIT": "keep.service"}
