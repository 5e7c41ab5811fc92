"""Cloudflare's connections with visitors and with nginx."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pulumi

from components import cloudflare_sdk as cloudflare
from components.component import Component
from components.dns import Dns
from components.expressions import CHALLENGE
from components.pem import certificates, private_key
from components.ruleset import rule, ruleset
from settings import EdgeSettings, TlsSettings

_CLIENT = "origin_pull_client"


class Edge(Component):
    """The zone's settings, and the client certificate that proves to nginx that a request came through our zone."""

    def __init__(
        self,
        settings: EdgeSettings,
        *,
        tls: TlsSettings,
        client_certificate: pulumi.Output[str] | None,
        dns: Dns,
        trusted_by: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__(providers=[dns.provider])
        for setting, value in zone_settings(settings, tls).items():
            cloudflare.ZoneSetting(
                f"edge-{setting.replace('_', '-')}",
                zone_id=dns.zone_id,
                setting_id=setting,
                value=value,
                opts=self.child(),
            )
        ruleset(
            "edge-configuration",
            "http_config_settings",
            "What holds for some requests only",
            [
                rule(
                    "edge-challenge",
                    "Proofs for certificates over http: one that has run out could not be renewed through itself",
                    CHALLENGE,
                    "set_config",
                    {"ssl": "flexible"},
                )
            ],
            dns=dns,
            component=self,
        )
        uploaded = []
        if settings.origin_pulls != "off" and client_certificate is not None:
            uploaded = [
                cloudflare.AuthenticatedOriginPullsCertificate(
                    "edge-origin-pull-certificate",
                    zone_id=dns.zone_id,
                    certificate=pulumi.Output.unsecret(client_certificate.apply(partial(certificates, _CLIENT))),
                    private_key=client_certificate.apply(partial(private_key, _CLIENT)),
                    # Cloudflare uses the previous certificate until the new one has spread over its network, so that
                    # one is retained; it expires by itself. And nginx has to trust a new authority before Cloudflare
                    # uses a certificate of it.
                    opts=self.child(after=trusted_by, retain_on_delete=True),
                )
            ]
        # Declared when it is off too: Cloudflare keeps a setting that is left out.
        cloudflare.AuthenticatedOriginPullsSettings(
            "edge-origin-pulls", zone_id=dns.zone_id, enabled=bool(uploaded), opts=self.child(after=uploaded)
        )


def zone_settings(settings: EdgeSettings, tls: TlsSettings) -> dict[str, Any]:
    """Return the zone's settings by Cloudflare's names; one that is left out keeps its value there."""
    return {
        "ssl": "strict",
        "min_tls_version": tls.minimum_version,
        "tls_1_3": "on",
        "always_use_https": "on",
        "automatic_https_rewrites": "on",
        "security_header": {
            "strict_transport_security": {
                "enabled": True,
                "max_age": tls.hsts_max_age_seconds,
                "include_subdomains": True,
                "preload": True,
                "nosniff": True,
            }
        },
        # Always on in plan free, where Cloudflare refuses every change, even to the same value.
        **({} if settings.plan == "free" else {"http2": "on"}),
        "http3": "on",
        "brotli": "on",
        # Early data can be replayed.
        "0rtt": "off",
    }
