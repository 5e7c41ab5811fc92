#!/bin/sh
# Lets the password on standard input in, and those that are valid already where OTHERS is "kept"; prints the logins that
# there are. Redis, where it runs, reads its users anew, and ends the connections of those that are gone.
set -eu
umask 077
hash=$(sha256sum | cut -c 1-64)
login="${OWNER}_$(printf %s "$hash" | cut -c 1-8)"
install -d -m 700 -o "$USER_ID" -g "$USER_ID" "$DIRECTORY"
cd "$DIRECTORY"
{
    printf '%s\n' "$USERS"
    {
        if [ "$OTHERS" = kept ] && [ -e users.acl ]; then grep "^user ${OWNER}_" users.acl || true; fi
        echo "user $login on #$hash ~* &* +@all"
    } | sort -u
} >users.acl.new
chown "$USER_ID:$USER_ID" users.acl.new
chmod 400 users.acl.new
mv users.acl.new users.acl

# Whatever changed: an earlier run may have been stopped before it came to this. A server that starts has no answer yet.
waited=0
while [ "$(docker container inspect --format '{{.State.Running}}' "$CONTAINER" 2>/dev/null)" = true ]; do
    if answer=$(docker exec "$CONTAINER" redis-cli -e --user reload --pass none --no-auth-warning ACL LOAD 2>&1); then
        break
    fi
    waited=$((waited + 1))
    if [ "$waited" -gt 30 ]; then
        echo "$answer" >&2
        fail "Redis does not read its users" "Redis, with the passwords that it has let in so far" "pulumi up"
    fi
    sleep 1
done
grep -o "^user ${OWNER}_[0-9a-f]*" users.acl | cut -d ' ' -f 2
