"""cloudflare.AuthenticatedOriginPullsCertificate and …Settings: the client certificate that an origin can demand."""

from __future__ import annotations

from standins.cloudflare.account import Account, shown
from standins.provider.resource import Resource
from standins.provider.wire import Plain


class OriginPullsCertificate(Resource[Account]):
    """A client certificate that Cloudflare shows to the origin of a zone."""

    handles = "cloudflare:index/authenticatedOriginPullsCertificate:AuthenticatedOriginPullsCertificate"
    arguments = "pulumi_cloudflare.authenticated_origin_pulls_certificate:AuthenticatedOriginPullsCertificateArgs"
    replaces = frozenset({"certificate", "zoneId"})
    outputs = frozenset({"certificateId", "expiresOn", "issuer", "serialNumber", "signature", "status", "uploadedOn"})
    secret_outputs = frozenset({"privateKey"})

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Upload the certificate and its key."""
        body = {"certificate": inputs["certificate"], "private_key": inputs["privateKey"]}
        certificate = self.client.create(_path(inputs), "the origin pulls' certificate", body)
        return certificate["id"], self._outputs(certificate)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the certificate; Cloudflare never shows its key."""
        del outputs
        certificate = self.client.read(f"{_path(inputs)}/{resource_id}", "the origin pulls' certificate")
        if certificate is None or certificate["status"] in ("deleted", "pending_deletion"):
            return None
        if certificate["certificate"].strip() != inputs["certificate"].strip():
            inputs = {**inputs, "certificate": certificate["certificate"]}
        return inputs, self._outputs(certificate)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Do nothing, like the real plugin: the only update is another key for the same certificate."""
        del resource_id, inputs, old_inputs, outputs
        return {}

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the certificate."""
        del outputs
        self.client.delete(f"{_path(inputs)}/{resource_id}", "the origin pulls' certificate")

    def _outputs(self, certificate: Plain) -> Plain:
        return shown({**certificate, "certificate_id": certificate["id"]}, self.outputs)


class OriginPullsSettings(Resource[Account]):
    """Whether Cloudflare shows a client certificate to the origin of a zone."""

    handles = "cloudflare:index/authenticatedOriginPullsSettings:AuthenticatedOriginPullsSettings"
    arguments = "pulumi_cloudflare.authenticated_origin_pulls_settings:AuthenticatedOriginPullsSettingsArgs"
    replaces = frozenset({"zoneId"})

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Set it; its id is the zone's."""
        return inputs["zoneId"], self._set(inputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at it."""
        del resource_id, outputs
        settings = self.client.read(f"{_path(inputs)}/settings", "the origin pulls' settings")
        return None if settings is None else ({**inputs, "enabled": settings["enabled"]}, {})

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Set it."""
        del resource_id, old_inputs, outputs
        return self._set(inputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Leave it as it is: the real plugin only forgets it."""

    def _set(self, inputs: Plain) -> Plain:
        self.client.replace(f"{_path(inputs)}/settings", "the origin pulls' settings", {"enabled": inputs["enabled"]})
        return {}


def _path(inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/origin_tls_client_auth"
