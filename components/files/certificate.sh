#!/bin/sh
# Has a certificate of the three names issued, unless a good one of this authority is there, and gives it to nginx.
set -eu
LOG=/var/log/letsencrypt/letsencrypt.log # of its last run alone
hook=/etc/letsencrypt/renewal-hooks/deploy/nginx
mkdir -p "${hook%/*}"
{
    echo '#!/bin/sh'
    printf "DOMAIN='%s'\nTARGET='%s'\n" "$DOMAIN" "$TARGET"
    printf '%s\n' "$INSTALL"
} >"$hook.new"
chmod 755 "$hook.new"
mv "$hook.new" "$hook"

# certbot itself would keep a certificate of another authority until it expires.
renewal="/etc/letsencrypt/renewal/$DOMAIN.conf"
keep=--keep-until-expiring
if [ -e "$renewal" ] && ! grep -qxF "server = $DIRECTORY_URL" "$renewal"; then keep=--force-renewal; fi

said=$(certbot certonly --non-interactive --agree-tos --email "$EMAIL" --server "$DIRECTORY_URL" \
    --webroot --webroot-path "$WEBROOT" --cert-name "$DOMAIN" --renew-with-new-domains "$keep" \
    --domain "$DOMAIN" --domain "www.$DOMAIN" --domain "api.$DOMAIN" 2>&1) || {
    # What the authority says of a name, or of the request: this only the log has, because the certbot of Debian 12
    # dies of telling it (certbot's issue 9539). Where it says neither, certbot's last words.
    printf '%s\n' "$said" | grep -E '^ +(Domain|Detail):' >&2 ||
        grep -sE '^acme\.messages\.Error: ' "$LOG" | tail -n 1 | grep . >&2 ||
        printf '%s\n' "$said" >&2
    fail "no certificate of $DIRECTORY_URL for $DOMAIN, www and api" "nginx, with the certificate that it has" \
        "pulumi up   # once the authority answers, the three names lead here, and port 80 is open"
}
"$hook"
