#!/bin/sh
# Succeeds when the host has what is declared; changes nothing. Docker may not be there yet.
set -eu

problem() { # what is wrong, what to type
    printf '%s\nmend: %s\n' "$1" "$2"
}

problems() {
    cores=$(nproc)
    # Docker refuses one container's limit above the host's processors (moby, daemon/daemon_unix.go), Swarm's too.
    larger=$(printf '%s\n' "$CPUS" | awk -v cores="$cores" '$2 > cores { printf "%s%s.cpus %s", comma, $1, $2; comma = ", " }')
    if [ -n "$larger" ]; then
        problem "more cores than the host's $cores, so that Docker does not start the container:
    $larger" \
            "pulumi config set --path 'neurmatic:${larger%% *}' $cores"
    fi

    memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
    if [ "$ROLLING_MB" -gt "$memory" ]; then
        problem "memory: ${AT_REST_MB}MB at rest and ${ROLLING_MB}MB while a release rolls, more than the host's ${memory}MB
    ($SUM)" \
            "pulumi config set --path 'neurmatic:$LARGEST.memory' SIZE   # $((ROLLING_MB - memory))MB less, or a larger host"
    fi

    # Where Docker keeps images and volumes, once it is installed.
    disk=$(df -Pm "$(test -d /var/lib/docker && echo /var/lib/docker || echo /var/lib)" | awk 'NR == 2 { print $4 }')
    if [ "$disk" -lt "$FREE_DISK_MB" ]; then
        problem "host.free_disk: ${disk}MB of the host's disk are free, less than ${FREE_DISK_MB}MB" \
            "docker image prune --all   # on the host; or: pulumi config set --path 'neurmatic:host.free_disk' ${disk}MB"
    fi

    # Where there is no Docker yet, the one of the distribution is new enough (Debian 11, Ubuntu 20.04).
    docker=$(docker version --format '{{.Server.APIVersion}}' 2>/dev/null) || docker=$DOCKER_API
    if [ "$(printf '%s\n' "$DOCKER_API" "$docker" | sort -V | head -n 1)" != "$DOCKER_API" ]; then
        problem "Docker's API is $docker, older than the $DOCKER_API of Docker 20.10, which the migration wants" \
            "apt-get update && apt-get install docker.io   # on the host"
    fi
}

found=$(problems)
if [ -n "$found" ]; then
    printf '%s\n' "$found" | grep -v '^mend: ' >&2
    fail "the host has less than what is declared" "what runs: nothing was changed" \
        "$(printf '%s\n' "$found" | sed -n 's/^mend: //p' | head -n 1)"
fi
