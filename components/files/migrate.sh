#!/bin/sh
# Runs the migration of a release as a Swarm job: it alone gets the same secrets in the same way as the service.
set -eu
JOB=neurmatic-migrate

remove() { docker service rm "$JOB" >/dev/null 2>&1 || true; }

# A job that an interrupted deploy left behind has done its work or not; running the migration again tells.
remove
eval "set -- $ARGUMENTS"
# Its image is on the host and named by its digest, so that nobody needs a login to ask a registry for it.
docker service create --no-resolve-image --quiet --detach --name "$JOB" --mode replicated-job --restart-condition none \
    --endpoint-mode dnsrr "$@" >/dev/null

waited=0
while :; do
    state=$(docker service ps --format '{{.CurrentState}}' "$JOB" | head -n 1)
    case $state in
    Complete*)
        remove
        exit 0
        ;;
    Failed* | Rejected* | Orphaned*) break ;;
    esac
    waited=$((waited + 1))
    if [ "$waited" -gt "$DEADLINE_SECONDS" ]; then
        state="${state:-not started} after $DEADLINE_SECONDS s"
        break
    fi
    sleep 1
done
docker service ps --no-trunc --format '{{.Error}}' "$JOB" >&2
# Where the program stood says less than what it said. Docker has been seen to wait for ever for the logs of a service.
timeout 20 docker service logs --raw --tail 50 "$JOB" 2>&1 | grep -v '^ *at ' | tail -n 6 >&2 || true
remove
fail "the migration of the database: $state" "the release before it, on the database as this migration left it" \
    "pulumi up   # with the migration mended, or with another neurmatic:release"
