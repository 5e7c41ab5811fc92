"""The map of the platform: settings -> components -> exports."""

import pulumi

import settings
from components.application import Application
from components.backup_bucket import BackupBucket
from components.cache import Cache
from components.certificate import Certificate
from components.database import Database
from components.dns import Dns
from components.host import Host
from components.load_balancer import LoadBalancer
from components.network import Network
from components.providers import Providers
from components.secrets import Secrets

config, secret = settings.load()
providers = Providers(config.host, config.dns, config.backup_bucket, secret)

bucket = BackupBucket(config.backup_bucket, provider=providers.aws)
dns = Dns(config.dns, domain=config.domain, address=str(config.host.ipv4), provider=providers.cloudflare)

host = Host(config.host, connection=providers.connection, provider=providers.docker)
network = Network(config.network, host=host)
database = Database(config.database, password=secret.postgres_password, host=host, network=network)
cache = Cache(config.cache, password=secret.redis_password, host=host, network=network)
secrets = Secrets(
    {
        "DATABASE_URL": database.url,
        "REDIS_URL": cache.url,
        "JWT_SECRET": secret.jwt_secret,
        "JWT_REFRESH_SECRET": secret.jwt_refresh_secret,
        "SESSION_SECRET": secret.session_secret,
    },
    host=host,
)
application = Application(
    config.application,
    release=config.release,
    secrets=secrets,
    host=host,
    network=network,
    after=[database, cache],
)
load_balancer = LoadBalancer(
    config.load_balancer, domain=config.domain, upstreams=application.ports, host=host, network=network
)
Certificate(config.certificate, domain=config.domain, host=host, after=[load_balancer, dns])

pulumi.export("release", config.release)
pulumi.export("urls", dns.urls)
pulumi.export("name_servers", dns.name_servers)
pulumi.export("backup_bucket_name", bucket.name)
pulumi.export("images", [*application.images, database.image, cache.image, load_balancer.image])
