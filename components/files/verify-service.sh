#!/bin/sh
# Succeeds when every replica of a service runs the declared image and the last update was not rolled back. Swarm itself
# reports an update as done while it is still going on, and a replica that cannot start as waiting, for ever.
set -eu

tasks() { # the replicas that run, one image a line; those too that still end what they began
    docker service ps --quiet "$SERVICE" |
        xargs --no-run-if-empty docker inspect --format '{{.Status.State}} {{.Spec.ContainerSpec.Image}}' |
        grep '^running ' | cut -d ' ' -f 2 || true
}

failures() {
    docker service ps --filter desired-state=shutdown --format '{{.CurrentState}}' "$SERVICE" |
        grep -cE '^(Failed|Rejected)' || true
}

fail() {
    {
        echo "$1"
        docker service ps --no-trunc --format '{{.Name}}: {{.CurrentState}} {{.Error}}' "$SERVICE" | head -n 10
        # What the newest replica that failed said itself, not the good ones beside it.
        docker service ps --no-trunc --format '{{.ID}} {{.CurrentState}}' "$SERVICE" |
            awk '$2 == "Failed" || $2 == "Rejected" { print $1; exit }' |
            xargs --no-run-if-empty docker service logs --raw --tail 30 2>&1
        echo "mend the release, or run \`pulumi up --refresh\` when the reason has gone"
    } >&2
    exit 1
}

# Swarm notes that an update has begun a moment after it took the order.
sleep 1
waited=0
while :; do
    update=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$SERVICE")
    case $update in
    rollback_* | paused) fail "Swarm took the update back ($update): the release before it serves on" ;;
    '' | completed)
        running=$(tasks)
        if [ "$(printf '%s\n' "$running" | grep -cxF "$IMAGE")" = "$REPLICAS" ] &&
            [ "$(printf '%s\n' "$running" | wc -l)" = "$REPLICAS" ]; then
            exit 0
        fi
        # A service that is new has no update to take back: Swarm starts its replicas again and again.
        [ -n "$update" ] || [ "$(failures)" -lt "$((REPLICAS * 3))" ] || fail "the replicas do not start"
        ;;
    esac
    waited=$((waited + 1))
    if [ "$waited" -gt "$DEADLINE_SECONDS" ]; then
        fail "not all $REPLICAS replicas run $IMAGE after $DEADLINE_SECONDS s (update: ${update:-none})"
    fi
    sleep 1
done
