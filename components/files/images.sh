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

refuse() { # what failed, why, what to type
    printf '%s\n' "$2" >&2
    fail "$1" "what runs: nothing on the host has changed" "$3"
}

if [ -n "$SERVER" ]; then
    said=$(docker login --username "$USER" --password-stdin "$SERVER" 2>&1 >/dev/null) ||
        case $said in
        *401* | *403* | *denied* | *nauthorized* | *incorrect*)
            refuse "$SERVER refuses the registry_token of $USER" "$said" \
                "neurmatic secrets rotate --stack $STACK registry_token   # one that reads its images"
            ;;
        *) refuse "$SERVER cannot be asked for a login" "$said" "pulumi up   # once it answers" ;;
        esac
fi
for image in $IMAGES; do
    # Of a registry with a login every image is asked for: a token may log in and read nothing.
    if [ -z "$SERVER" ] && docker image inspect "$image" >/dev/null 2>&1; then continue; fi
    said=$(docker pull --quiet "$image" 2>&1 >/dev/null) ||
        refuse "the host cannot get $image" "$said" "neurmatic images --stack $STACK   # what the registries have"
done
