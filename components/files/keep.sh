#!/bin/sh
# Starts again what ended without being asked to: Docker itself leaves alone what was killed, and what could not start
# at boot because Swarm's network was not there yet (moby #32607). The databases come first. A container that was
# stopped in order ended with 0, and stays stopped.
while :; do
    for rank in 1 2; do
        for container in $(docker ps --all --quiet --filter "label=neurmatic.keep=$rank" --filter status=exited); do
            if [ "$(docker inspect --format '{{.State.ExitCode}}' "$container")" != 0 ]; then
                docker start "$container" >/dev/null && echo "started $container again"
            fi
        done
    done
    sleep 3
done
