#!/bin/bash
# Run PostgreSQL as the user postgres, and make its cluster first when there is none.
set -euo pipefail

# Set the variable $1 from the file that $1_FILE names, or to the default $2; no process but this one gets to see it.
from_file() {
    local file="$1_FILE"
    if [ -n "${!file:-}" ]; then
        if [ -n "${!1:-}" ]; then
            echo >&2 "error: both $1 and $file are set"
            exit 1
        fi
        printf -v "$1" '%s' "$(<"${!file}")"
    else
        printf -v "$1" '%s' "${!1:-$2}"
    fi
}

# The cluster is made beside its place and moved there whole: one that was killed on the way is not taken for good.
make_cluster() {
    local unfinished="$PGDATA.unfinished"
    from_file POSTGRES_PASSWORD ''
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS ''
    if [ -z "$POSTGRES_PASSWORD" ]; then
        echo >&2 'error: no password for the superuser: set POSTGRES_PASSWORD_FILE (or POSTGRES_PASSWORD)'
        exit 1
    fi

    rm -rf "$unfinished"
    # shellcheck disable=SC2086  # the variable holds several arguments, as in the official image
    initdb --pgdata="$unfinished" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
    printf '\nhost all all all scram-sha-256\n' >> "$unfinished/pg_hba.conf"

    pg_ctl --pgdata="$unfinished" --options="-c listen_addresses=''" --wait start
    if [ "$POSTGRES_DB" != postgres ]; then
        psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres --set=db="$POSTGRES_DB" \
            <<< 'CREATE DATABASE :"db";'
    fi
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh) bash "$script" ;;
            *.sql) psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --file="$script" ;;
        esac
    done
    pg_ctl --pgdata="$unfinished" --mode=fast --wait stop
    mv --no-target-directory "$unfinished" "$PGDATA"
}

if [ "${1:0:1}" = '-' ]; then
    set -- postgres "$@"
fi

if [ "$1" = postgres ]; then
    if [ "$(id -u)" = 0 ]; then
        mkdir --parents "$PGDATA" /var/run/postgresql
        find /var/lib/postgresql "$PGDATA" \! -user postgres -exec chown postgres '{}' +
        chmod 0700 "$PGDATA"
        exec gosu postgres "$0" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        make_cluster
    fi
fi

exec "$@"
