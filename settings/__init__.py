"""The only reader of configuration: `load` returns frozen sections and secrets, or reports all mistakes at once."""

from settings.application import (
    ApplicationSettings,
    BackendSettings,
    CacheSettings,
    DatabaseSettings,
    FrontendSettings,
    LoadBalancerSettings,
)
from settings.certificate import CertificateSettings
from settings.dns import DnsSettings, RecordSettings, host_names
from settings.edge import EdgeSettings, RateLimitSettings, TlsSettings
from settings.host import HostSettings, NetworkSettings
from settings.image import DOCKER_HUB, ImageName
from settings.mail import ExchangeSettings, MailSettings, SendgridSettings
from settings.reader import Problem, load, parse, report
from settings.registry import RegistryLogin, RegistrySettings
from settings.schema import schema
from settings.secrets import SECRETS, SecretKind, SecretsSettings, SecretValues
from settings.stack import IMAGES, PROJECT, RELEASED, Settings, needed_secrets
from settings.storage import BackupBucketSettings
from settings.values import Release, Section, cpus_text

__all__ = [
    "DOCKER_HUB",
    "IMAGES",
    "PROJECT",
    "RELEASED",
    "SECRETS",
    "ApplicationSettings",
    "BackendSettings",
    "BackupBucketSettings",
    "CacheSettings",
    "CertificateSettings",
    "DatabaseSettings",
    "DnsSettings",
    "EdgeSettings",
    "ExchangeSettings",
    "FrontendSettings",
    "HostSettings",
    "ImageName",
    "LoadBalancerSettings",
    "MailSettings",
    "NetworkSettings",
    "Problem",
    "RateLimitSettings",
    "RecordSettings",
    "RegistryLogin",
    "RegistrySettings",
    "Release",
    "SecretKind",
    "SecretValues",
    "SecretsSettings",
    "Section",
    "SendgridSettings",
    "Settings",
    "TlsSettings",
    "cpus_text",
    "host_names",
    "load",
    "needed_secrets",
    "parse",
    "report",
    "schema",
]
