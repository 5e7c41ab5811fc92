"""The configuration of one stack as a whole, and the rules between its sections."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from settings.application import ApplicationSettings, CacheSettings, DatabaseSettings, LoadBalancerSettings
from settings.certificate import CertificateSettings
from settings.dns import DnsSettings
from settings.edge import EdgeSettings, TlsSettings
from settings.host import HostSettings, NetworkSettings
from settings.image import ImageName
from settings.mail import MailSettings
from settings.records import refuse_clashes, refuse_what_shows_the_host
from settings.registry import RegistryLogin, RegistrySettings
from settings.secrets import SECRETS, SecretsSettings, SecretValues
from settings.storage import BackupBucketSettings
from settings.values import Domain, Release, Section, refuse

PROJECT = "neurmatic"
RELEASED = ("backend", "frontend")
"""The parts whose images are the release."""
IMAGES = {
    **{part: f"{part}.image" for part in ("database", "cache", "load_balancer")},
    **{part: f"application.{part}.image" for part in RELEASED},
}
"""The setting paths of all images, by the part that runs them."""


class Settings(Section):
    """The configuration of one stack, secrets apart."""

    domain: Domain
    """The apex; `www.` and `api.` stand beside it."""
    release: Release
    """Tag of the application's images, and the release id that the health endpoint tells; see `images --release`."""
    host: HostSettings
    """The VPS and the way to it."""
    network: NetworkSettings = NetworkSettings()
    """The networks between the containers."""
    tls: TlsSettings = TlsSettings()
    """What every visitor's connection has to be."""
    mail: MailSettings = MailSettings()
    """Who sends and takes the domain's mail."""
    dns: DnsSettings
    """The zone and its records at Cloudflare."""
    edge: Annotated[EdgeSettings, Field(validate_default=True)] = EdgeSettings()
    """What Cloudflare's network does with requests."""
    database: DatabaseSettings
    """PostgreSQL."""
    cache: CacheSettings
    """Redis."""
    application: ApplicationSettings
    """What is released: backend and frontend."""
    load_balancer: LoadBalancerSettings
    """nginx."""
    registry: RegistrySettings | None = None
    """The registry that asks for a login; left out where every image is public."""
    certificate: CertificateSettings
    """Where certificates come from."""
    backup_bucket: BackupBucketSettings
    """Where backups go."""
    secrets: SecretsSettings = SecretsSettings()
    """How old secrets may get, and how old they are."""

    @property
    def images(self) -> dict[str, str]:
        """Return the image of every part."""
        return {part: attrgetter(path)(self) for part, path in IMAGES.items()}

    def registry_login(self, secrets: SecretValues) -> RegistryLogin | None:
        """Return the login at the registry that asks for one, None where every image is public."""
        if self.registry is None or secrets.registry_token is None:
            return None
        return RegistryLogin(self.registry.server, self.registry.user, secrets.registry_token)

    def clients_authority(self, secrets: SecretValues) -> pulumi.Output[str] | None:
        """Return the CA of the client certificates that nginx requires, None where visitors connect to the host."""
        return secrets.origin_pull_authority if self.dns.proxied else None

    @field_validator("dns")
    @classmethod
    def _cloudflare_comes_where_nginx_knows_it(cls, dns: DnsSettings, info: ValidationInfo) -> DnsSettings:
        host: HostSettings | None = info.data.get("host")
        if dns.proxied and host is not None and host.ipv6:
            refuse(
                "is where nginx would not know Cloudflare, and dns.proxied serves IPv6 without it",
                f"pulumi config rm --path '{PROJECT}:host.ipv6'",
                at="host.ipv6",
            )
        return dns

    @field_validator("dns")
    @classmethod
    def _records_fit_together_and_hide_the_host(cls, dns: DnsSettings, info: ValidationInfo) -> DnsSettings:
        domain, host, mail = (info.data.get(name) for name in ("domain", "host", "mail"))
        if domain is not None and mail is not None:
            refuse_clashes(dns, domain=domain, mail=mail)
        if host is not None and mail is not None:
            refuse_what_shows_the_host(dns, host=host, mail=mail)
        return dns

    @field_validator("edge")
    @classmethod
    def _nobody_goes_around_cloudflare(cls, edge: EdgeSettings, info: ValidationInfo) -> EdgeSettings:
        dns: DnsSettings | None = info.data.get("dns")
        if dns is not None and dns.proxied and edge.origin_pulls != "required":
            refuse(
                f"is {edge.origin_pulls}, so that nginx would serve who goes around Cloudflare, and dns.proxied holds",
                f"pulumi config set --path '{PROJECT}:edge.origin_pulls' required, or dns.proxied to false",
                at="edge.origin_pulls",
            )
        return edge

    @field_validator("application")
    @classmethod
    def _its_images_are_the_release(cls, application: ApplicationSettings, info: ValidationInfo) -> ApplicationSettings:
        release = info.data.get("release")
        for part in RELEASED:
            image = ImageName.parsed(getattr(application, part).image)
            if release is not None and image is not None and image.tag != release:
                refuse(
                    f"has the tag {image.tag}, and {PROJECT}:release is {release}",
                    f"neurmatic images --release {release} --stack {{stack}}",
                    at=IMAGES[part],
                )
        return application

    @field_validator("application")
    @classmethod
    def _pools_fit_the_database(cls, application: ApplicationSettings, info: ValidationInfo) -> ApplicationSettings:
        database: DatabaseSettings | None = info.data.get("database")
        backend = application.backend
        if database is None:
            return application
        needed = (backend.replicas + 1) * backend.pool_size + database.reserved_connections
        if needed > database.max_connections:
            refuse(
                f"({backend.replicas} replicas + 1 during an update) x pool_size {backend.pool_size}"
                f" + {database.reserved_connections} reserved = {needed} connections,"
                f" more than database.max_connections {database.max_connections}",
                "lower backend.replicas or backend.pool_size, or raise database.max_connections",
            )
        return application

    @field_validator("application")
    @classmethod
    def _the_sender_of_mail_is_authenticated(
        cls, application: ApplicationSettings, info: ValidationInfo
    ) -> ApplicationSettings:
        mail: MailSettings | None = info.data.get("mail")
        if mail is not None and "sendgrid" in application.third_party and mail.sendgrid is None:
            refuse(
                "third_party names sendgrid, and mail.sendgrid is not set: receivers would refuse the mail",
                f"pulumi config set --path '{PROJECT}:mail.sendgrid.subdomain' em1234, and mail.sendgrid.account:"
                " both stand in the three CNAMEs that SendGrid shows for the domain",
            )
        return application

    @field_validator("registry")
    @classmethod
    def _an_image_comes_from_it(
        cls, registry: RegistrySettings | None, info: ValidationInfo
    ) -> RegistrySettings | None:
        sections = [info.data.get(name) for name in ("database", "cache", "application", "load_balancer")]
        if registry is None or None in sections:
            return registry
        settings = cls.model_construct(**info.data)
        hosts = {image.registry for text in settings.images.values() if (image := ImageName.parsed(text))}
        if registry.server not in hosts:
            refuse(
                f"is {registry.server}, and the images come from {', '.join(sorted(hosts))}",
                f"choose one of these, or where all images are public: pulumi config rm '{PROJECT}:registry'",
                at="registry.server",
            )
        return registry


def needed_secrets(settings: Settings | None) -> tuple[str, ...]:
    """Return the secrets that a stack needs; without valid settings those that every stack needs."""
    reasons: set[str | None] = {None}
    if settings is not None:
        reasons |= set(settings.application.third_party)
        reasons |= {"registry"} if settings.registry else set()
        reasons |= {"origin_pulls"} if settings.edge.origin_pulls != "off" else set()
    return tuple(name for name, kind in SECRETS.items() if kind.needed_by in reasons)
