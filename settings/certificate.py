"""The certificate of the domain's names."""

from settings.values import ConfidentialUrl, Domain, Email, Section


class CertificateSettings(Section):
    """Where certificates come from."""

    directory_url: ConfidentialUrl
    """The ACME directory of the certificate authority; a change issues a new certificate."""
    authority: Domain = "letsencrypt.org"
    """Its name in CAA records: no other may issue for the domain, but those that Cloudflare itself adds."""
    email: Email
    """Account that the authority writes to, and whom others tell that someone wanted a certificate in vain."""
