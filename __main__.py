"""The map of the platform: settings -> components -> exports."""

import pulumi

import components
import settings

config, secret = settings.load()
ssh = components.connection(config.host)
capacity = components.Capacity(config, connection=ssh)
providers = components.Providers(
    config.host, config.dns, config.backup_bucket, config.registry_login(secret), secret, ssh, after=[capacity]
)

bucket = components.BackupBucket(config.backup_bucket, provider=providers.aws)
access = components.BackupAccess(config.backup_bucket, bucket=bucket, provider=providers.aws)

dns = components.Dns(
    config.dns, domain=config.domain, host=config.host, certificate=config.certificate, provider=providers.cloudflare
)
components.Mail(config.mail, domain=config.domain, dns=dns)

host = components.Host(
    config.host, images=config.images, providers=providers, stack=pulumi.get_stack(), after=[capacity]
)
network = components.Network(config.network, host=host)
database = components.Database(config.database, password=secret.postgres_password, host=host, network=network)
cache = components.Cache(config.cache, password=secret.redis_password, host=host, network=network)
secrets = components.Secrets({"DATABASE_URL": database.url, "REDIS_URL": cache.url, **secret.of_the_backend}, host=host)
application = components.Application(
    config.application, release=config.release, secrets=secrets, host=host, network=network, after=[database, cache]
)
components.Rotation(database=database, cache=cache, after=[application])
load_balancer = components.LoadBalancer(
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
components.Edge(
    config.edge, tls=config.tls, client_certificate=secret.origin_pull_client, dns=dns, trusted_by=[load_balancer]
)
components.Waf(config.edge, dns=dns)
components.Cdn(config.edge, domain=config.domain, dns=dns)
components.Certificate(config.certificate, domain=config.domain, host=host, after=[load_balancer, dns])

pulumi.export("release", config.release)
pulumi.export("urls", dns.urls)
pulumi.export("zone_id", dns.zone_id)
pulumi.export("name_servers", dns.name_servers)
pulumi.export("ds_record", dns.ds_record)
pulumi.export("backup_bucket_name", bucket.name)
pulumi.export("backup_keys", access.keys)
pulumi.export("images", list(config.images.values()))
