"""The connections to the host, its Docker, AWS and Cloudflare."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker
from pulumi_command import remote
from pydantic import HttpUrl

from components import cloudflare_sdk as cloudflare
from settings import BackupBucketSettings, DnsSettings, HostSettings, RegistryLogin, SecretValues


def connection(host: HostSettings) -> pulumi.Output[remote.ConnectionArgs]:
    """Return the SSH connection of all commands: a single object, because a different one is a change of a command."""
    return pulumi.Output.secret(
        remote.ConnectionArgs(
            host=host.address,
            port=host.ssh_port,
            user=host.ssh_user,
            private_key=host.ssh_private_key_file.read_text(),
            host_key=host.ssh_host_key,
        )
    )


class Providers:
    """Explicit providers, so that the operator's environment does not decide where a stack is deployed.

    They wait for `after`, and all of their resources with them.
    """

    def __init__(
        self,
        host: HostSettings,
        dns: DnsSettings,
        backup_bucket: BackupBucketSettings,
        login: RegistryLogin | None,
        secrets: SecretValues,
        connection: pulumi.Output[remote.ConnectionArgs],
        *,
        after: Sequence[pulumi.Resource],
    ) -> None:
        self.connection = connection
        self.registry_login = login
        opts = pulumi.ResourceOptions(depends_on=list(after))
        self.docker = docker.Provider(
            "host",
            host=f"ssh://{host.ssh_user}@{_in_a_url(host.address)}:{host.ssh_port}",
            ssh_opts=[
                *("-o", "StrictHostKeyChecking=yes"),
                *("-o", f'UserKnownHostsFile="{host.ssh_known_hosts_file}"'),
                *("-o", "IdentitiesOnly=yes"),
                *("-i", str(host.ssh_private_key_file)),
            ],
            # Not as `auth` of each service, where a new token would replace the service.
            registry_auth=_registry_auth(login),
            opts=opts,
        )
        self.cloudflare = cloudflare.Provider(
            "zone", api_token=secrets.cloudflare_api_token, base_url=_text(dns.api_url), opts=opts
        )
        self.aws = aws.Provider(
            "backups",
            region=backup_bucket.region,
            profile=backup_bucket.profile,
            allowed_account_ids=[backup_bucket.account_id] if backup_bucket.account_id else None,
            endpoints=_endpoints(backup_bucket.endpoint),
            s3_use_path_style=backup_bucket.endpoint is not None,
            skip_credentials_validation=backup_bucket.endpoint is not None,
            skip_metadata_api_check=backup_bucket.endpoint is not None,
            opts=opts,
        )


def _registry_auth(login: RegistryLogin | None) -> list[docker.ProviderRegistryAuthArgs] | None:
    """Return the login for images that the host no longer has, when a container is replaced or Swarm starts a task."""
    if login is None:
        return None
    return [docker.ProviderRegistryAuthArgs(address=login.server, username=login.user, password=login.token)]


def _in_a_url(address: str) -> str:
    """Return a host name or address for a URL, IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


def _text(url: HttpUrl | None) -> str | None:
    return str(url).rstrip("/") if url else None


def _endpoints(url: HttpUrl | None) -> list[aws.ProviderEndpointArgs] | None:
    """Return the endpoints of another S3; bucket tags go through S3 Control since aws 6.25."""
    if url is None:
        return None
    return [aws.ProviderEndpointArgs(s3=_text(url), s3control=_text(url), iam=_text(url), sts=_text(url))]
