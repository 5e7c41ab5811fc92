#!/bin/sh
# Puts standard input into a file that its owner alone may read, and restarts the container that reads it at its start.
set -eu
umask 077
install -d -m 700 -o "$OWNER" -g "$OWNER" "$DIRECTORY"
cat >"$DIRECTORY/$FILE.new"
if cmp -s "$DIRECTORY/$FILE.new" "$DIRECTORY/$FILE"; then
    rm "$DIRECTORY/$FILE.new"
    exit
fi
chown "$OWNER:$OWNER" "$DIRECTORY/$FILE.new"
chmod 400 "$DIRECTORY/$FILE.new"
mv "$DIRECTORY/$FILE.new" "$DIRECTORY/$FILE"
if [ -n "$RESTARTS" ] && docker container inspect "$RESTARTS" >/dev/null 2>&1; then
    docker restart --time 30 "$RESTARTS" >/dev/null
fi
