"""The map of the platform: settings -> components -> exports."""

import pulumi

import settings
from components.application import Application
from components.backup_access import BackupAccess
from components.backup_bucket import BackupBucket
from components.cache import Cache
from components.capacity import Capacity
from components.cdn import Cdn
from components.certificate import Certificate
from components.database import Database
from components.dns import Dns
from components.edge import Edge
from components.host import Host
from components.load_balancer import LoadBalancer
from components.mail import Mail
from components.network import Network
from components.providers import Providers, connection
from components.rotation import Rotation
from components.secrets import Secrets
from components.waf import Waf

config, secret = settings.load()
ssh = connection(config.host)
capacity = Capacity(config, connection=ssh)
providers = Providers(
    config.host, config.dns, config.backup_bucket, config.registry_login(secret), secret, ssh, after=[capacity]
)

bucket = BackupBucket(config.backup_bucket, provider=providers.aws)
access = BackupAccess(config.backup_bucket, bucket=bucket, provider=providers.aws)

dns = Dns(
    config.dns, domain=config.domain, host=config.host, certificate=config.certificate, provider=providers.cloudflare
)
Mail(config.mail, domain=config.domain, dns=dns)

host = Host(config.host, images=config.images, providers=providers, stack=pulumi.get_stack(), after=[capacity])
network = Network(config.network, host=host)
database = Database(config.database, password=secret.postgres_password, host=host, network=network)
cache = Cache(config.cache, password=secret.redis_password, host=host, network=network)
secrets = Secrets({"DATABASE_URL": database.url, "REDIS_URL": cache.url, **secret.of_the_backend}, host=host)
application = Application(
    config.application, release=config.release, secrets=secrets, host=host, network=network, after=[database, cache]
)
Rotation(database=database, cache=cache, after=[application])
load_balancer = LoadBalancer(
    config.load_balancer,
    tls=config.tls,
    domain=config.domain,
    upstreams=application.ports,
    proxies=dns.proxies,
    clients_authority=config.clients_authority(secret),
    listens=config.host.listens,
    host=host,
    network=network,
)
Edge(config.edge, tls=config.tls, client_certificate=secret.origin_pull_client, dns=dns, trusted_by=[load_balancer])
Waf(config.edge, dns=dns)
Cdn(config.edge, domain=config.domain, dns=dns)
Certificate(config.certificate, domain=config.domain, host=host, after=[load_balancer, dns])

pulumi.export("release", config.release)
pulumi.export("urls", dns.urls)
pulumi.export("zone_id", dns.zone_id)
pulumi.export("name_servers", dns.name_servers)
pulumi.export("ds_record", dns.ds_record)
pulumi.export("backup_bucket_name", bucket.name)
pulumi.export("backup_keys", access.keys)
pulumi.export("images", list(config.images.values()))
