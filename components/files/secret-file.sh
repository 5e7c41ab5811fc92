#!/bin/sh
# Puts standard input into a file that its owner alone may read, and restarts the container that reads it at its start.
set -eu
umask 077
install -d -m 700 -o "$OWNER" -g "$OWNER" "$DIRECTORY"
cat >"$DIRECTORY/$FILE.new"
if cmp -s "$DIRECTORY/$FILE.new" "$DIRECTORY/$FILE"; then
    rm "$DIRECTORY/$FILE.new"
else
    chown "$OWNER:$OWNER" "$DIRECTORY/$FILE.new"
    chmod 400 "$DIRECTORY/$FILE.new"
    mv "$DIRECTORY/$FILE.new" "$DIRECTORY/$FILE"
fi
# By the times, not by what this run wrote: an earlier one may have been stopped between the file and the restart.
if [ -n "$RESTARTS" ] &&
    started=$(docker container inspect --format '{{.State.StartedAt}}' "$RESTARTS" 2>/dev/null) &&
    [ -n "$(find "$DIRECTORY/$FILE" -newermt "$started")" ]; then
    docker restart --time 30 "$RESTARTS" >/dev/null
fi
