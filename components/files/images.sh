#!/bin/sh
# Has images on the host before anything runs them; where SERVER asks for a login, with the token on standard input.
set -eu

# In memory, root's alone, and gone when this ends; what a killed run left is gone when it begins.
export DOCKER_CONFIG=/run/neurmatic-login
remove() { rm -rf "$DOCKER_CONFIG"; }
remove
trap remove EXIT
trap 'exit 1' HUP INT TERM
install -d -m 700 "$DOCKER_CONFIG"

refuse() { # problem mend
    printf '%s\n' "$1" "nothing on the host has changed; what runs serves on" "mend: $2" >&2
    exit 1
}

if [ -n "$SERVER" ]; then
    said=$(docker login --username "$USER" --password-stdin "$SERVER" 2>&1 >/dev/null) ||
        case $said in
        *401* | *403* | *denied* | *nauthorized* | *incorrect*)
            refuse "$SERVER refuses the registry_token of $USER: $said" \
                "python -m operations secrets rotate --stack $STACK registry_token, with a token that reads its images"
            ;;
        *) refuse "$SERVER cannot be asked for a login: $said" "run the same command again once it answers" ;;
        esac
fi
for image in $IMAGES; do
    # Of a registry with a login every image is asked for: a token may log in and read nothing.
    if [ -z "$SERVER" ] && docker image inspect "$image" >/dev/null 2>&1; then continue; fi
    said=$(docker pull --quiet "$image" 2>&1 >/dev/null) ||
        refuse "the host cannot get $image: $said" "python -m operations images --stack $STACK shows what the registries have"
done
