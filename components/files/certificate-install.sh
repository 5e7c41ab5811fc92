# Gives nginx the certificate that certbot has; certbot runs it after every renewal.
# shellcheck shell=sh
set -eu
live="/etc/letsencrypt/live/$DOMAIN"

umask 077
cat "$live/privkey.pem" >"$TARGET/privkey.pem.new"
cat "$live/fullchain.pem" >"$TARGET/fullchain.pem.new"
# Let's Encrypt has had no responder since August 2025; another authority may.
if [ -n "$(openssl x509 -noout -ocsp_uri -in "$live/fullchain.pem")" ]; then
    printf 'ssl_stapling on;\nssl_stapling_verify on;\n' >"$TARGET/stapling.conf"
else
    rm -f "$TARGET/stapling.conf"
fi
mv "$TARGET/privkey.pem.new" "$TARGET/privkey.pem"
mv "$TARGET/fullchain.pem.new" "$TARGET/fullchain.pem"
docker exec nginx nginx -t -q -c /etc/neurmatic/nginx.conf
docker kill --signal HUP nginx >/dev/null
