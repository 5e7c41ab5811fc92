"""Renews the platform's certificate where certbot's timer could not: the sandbox was off, or its authority forgot."""

from __future__ import annotations

from sandbox.box import shell
from sandbox.clone import Clone
from sandbox.steps import run

# As long before the end as certbot renews (its option renew_before_expiry).
_SECONDS_BEFORE_END = 30 * 24 * 3600

# The ACME server keeps nothing: once it has restarted it knows no account, and certbot 2.1 ends with an AttributeError
# instead of making another.
RENEWAL = f"""set -eu
for certificate in /etc/letsencrypt/live/*/cert.pem; do
    if ! openssl x509 -checkend {_SECONDS_BEFORE_END} -noout -in "$certificate" >/dev/null; then
        rm -rf /etc/letsencrypt/accounts
        sed -i '/^account = /d' /etc/letsencrypt/renewal/*.conf
        certbot renew --quiet --no-random-sleep-on-renew --agree-tos --register-unsafely-without-email
        break
    fi
done
"""


def ensure(clone: Clone) -> None:
    """Have the certificate that the box shows last for a while; a deployment has issued it before."""
    run(
        [*shell.ssh(clone), RENEWAL],
        log=clone.logs / "certificate.log",
        mend="read the log of certbot: make ssh RUN='tail -50 /var/log/letsencrypt/letsencrypt.log'",
    )
