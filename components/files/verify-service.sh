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

refuse() { # what failed, what still serves
    # What the newest replica that failed said itself: not the good ones beside it, nor one that died of something else
    # before; where it stood says less. Docker has been seen to wait for ever for the logs of a service.
    newest=$(docker service ps --no-trunc --quiet "$SERVICE" |
        xargs --no-run-if-empty docker inspect --format '{{if .Status.Err}}{{.ID}} {{.Status.Timestamp}}{{end}}' |
        grep . | sort -k 2 | tail -n 1 | cut -d ' ' -f 1 || true)
    if [ -n "$newest" ]; then
        timeout 20 docker service logs --raw --tail 30 "$newest" 2>&1 | grep -v '^ *at ' | tail -n 5 >&2 || true
        docker inspect --format '{{.Status.Err}}' "$newest" >&2 || true
    fi
    # The state believes that Swarm runs what was declared. Of this service alone, because a refresh of everything drops
    # from the state whatever does not answer at that moment.
    fail "$1" "$2" \
        "pulumi refresh --yes --target '**::$RESOURCE' && pulumi up   # with the release mended, or the reason gone"
}

# Swarm notes that an update has begun a moment after it took the order.
sleep 1
waited=0
while :; do
    update=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$SERVICE")
    case $update in
    rollback_* | paused) refuse "$RESOURCE: Swarm took the update back ($update)" "the release before it" ;;
    '' | completed)
        running=$(tasks)
        if [ "$(printf '%s\n' "$running" | grep -cxF "$IMAGE")" = "$REPLICAS" ] &&
            [ "$(printf '%s\n' "$running" | wc -l)" = "$REPLICAS" ]; then
            exit 0
        fi
        # A service that is new has no update to take back: Swarm starts its replicas again and again.
        [ -n "$update" ] || [ "$(failures)" -lt "$((REPLICAS * 3))" ] ||
            refuse "$RESOURCE: its replicas do not start" "nothing of it"
        ;;
    esac
    waited=$((waited + 1))
    if [ "$waited" -gt "$DEADLINE_SECONDS" ]; then
        echo "declared: $IMAGE" >&2
        refuse "$RESOURCE: after $DEADLINE_SECONDS s not all $REPLICAS replicas run its image (update: ${update:-none})" \
            "those that run: docker service ps $SERVICE"
    fi
    sleep 1
done
