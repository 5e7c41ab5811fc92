#!/bin/sh
# Tries the configuration on standard input in the real image; puts it in place and reloads nginx only when it is good.
set -eu
umask 022
certificate="$DIRECTORY/ssl/production"
next="$DIRECTORY/nginx.conf.next"

# nginx does not start without a certificate, and the authority issues none until nginx answers.
if [ ! -e "$certificate/fullchain.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$DOMAIN" \
        -keyout "$certificate/privkey.pem" -out "$certificate/fullchain.pem" 2>/dev/null
    chmod 600 "$certificate/privkey.pem"
fi

if [ -n "$CLIENTS_AUTHORITY_FILE" ]; then
    printf '%s' "$CLIENTS_AUTHORITY" >"$DIRECTORY/$CLIENTS_AUTHORITY_FILE.next"
    mv "$DIRECTORY/$CLIENTS_AUTHORITY_FILE.next" "$DIRECTORY/$CLIENTS_AUTHORITY_FILE"
fi
cat >"$next"
docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
if ! docker run --rm --network none --volume "$DIRECTORY:$MOUNT:ro" --tmpfs /var/cache/nginx "$IMAGE" \
    nginx -t -q -c "$MOUNT/${next##*/}"; then
    fail "nginx refuses its configuration" "nginx, with the last good one" \
        "pulumi up   # with components/files/nginx.conf mended, or what is written into it"
fi
mv "$next" "$DIRECTORY/nginx.conf"
if [ "$(docker inspect --format '{{.State.Running}}' nginx 2>/dev/null)" = true ]; then
    docker kill --signal HUP nginx >/dev/null
fi
# Those that no configuration names any more.
find "$DIRECTORY" -maxdepth 1 -name 'clients-*.pem' ! -name "$CLIENTS_AUTHORITY_FILE" -delete
