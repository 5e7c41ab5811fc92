# Runs the function `main` with INPUT on its standard input. One that fails ends with what a person needs who has
# nothing else: what failed, why, what still serves, what to type; in 12 lines of 160 characters, of which one line and
# four blanks are the engine's. A script that knows more than is said here ends itself with `fail`.
# shellcheck shell=sh disable=SC2154,SC2329  # what stands before it assigns INPUT, and calls `fail`
fail() { # what, what still serves, what to type; why is what the script said on standard error
    printf 'failed: %s\nserves: %s\ntype:   %s\n' "$1" "$2" "$3" >&2
    exit 1
}

fact() { # name, what is said where the script says nothing
    fact=$(printf '%s\n' "$said" | grep "^$1: " | tail -n 1)
    printf '%s\n' "${fact:-$1: $2}"
}

exec 3>&1
# No `||` and no `if` around it: the shell would forget `set -e` inside.
said=$(printf %s "$INPUT" | (set -eu; main) 2>&1 >&3)
status=$?
[ "$status" = 0 ] && exit
{
    fact failed "$1 ended with status $status"
    printf '%s\n' "$said" | grep -Ev '^(failed|serves|type): |^[[:space:]]*$' | tail -n 7 | sed 's/^/        /'
    fact serves "whatever ran before this command"
    fact type "  pulumi up"
} | cut -c 1-156 >&2
exit "$status"
