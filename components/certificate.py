"""The certificate of the three names."""

from collections.abc import Sequence

import pulumi

from components.component import Component
from components.host import NGINX, Host
from components.script import FILES, script
from settings import CertificateSettings


class Certificate(Component):
    """Issued by the settings' authority over an http-01 challenge, renewed by certbot's own timer."""

    def __init__(
        self, settings: CertificateSettings, *, domain: str, host: Host, after: Sequence[pulumi.Resource]
    ) -> None:
        super().__init__(after=[host])
        # In parallel with everything else, because it takes longest.
        certbot = script("certificate-certbot", "certbot.sh", {}, connection=host.connection, opts=self.child())
        script(
            "certificate-issued",
            "certificate.sh",
            {
                "DIRECTORY_URL": str(settings.directory_url),
                "EMAIL": settings.email,
                "DOMAIN": domain,
                "WEBROOT": f"{NGINX}/acme",
                "TARGET": f"{NGINX}/ssl/production",
                "INSTALL": (FILES / "certificate-install.sh").read_text(),
            },
            connection=host.connection,
            opts=self.child(after=[certbot, *after]),
        )
