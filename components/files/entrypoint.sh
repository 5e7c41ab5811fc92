#!/bin/sh
# Starts a command with every file of /run/secrets as a variable of the file's name. On SIGTERM it lets the command
# serve on until the load balancer has forgotten this container, then passes the signal on.
set -eu

serve() {
    for file in /run/secrets/*; do
        name=${file##*/}
        case $name in '' | *[!A-Z0-9_]*) continue ;; esac
        # Read before anything is exported, so that no other process has a secret in its environment.
        eval "$name=\$(cat \"\$file\")"
        names="${names-} $name"
    done
    # shellcheck disable=SC2086,SC2163  # a list of names, each of a variable
    export ${names-}
    exec "$@"
}

# Before the command starts: it may be up, and be told to end, before this shell comes to its next line.
child=
trap 'sleep "${DRAIN_SECONDS:-3}"; [ -z "$child" ] || kill -s TERM "$child"' TERM INT
serve "$@" &
child=$!
status=0
wait "$child" || status=$?
# A signal ends the wait, not the command.
while kill -0 "$child" 2>/dev/null; do
    status=0
    wait "$child" || status=$?
done
exit "$status"
