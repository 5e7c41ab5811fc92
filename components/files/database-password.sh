#!/bin/sh
# Gives the role the password that its file holds now: the server itself reads it only when it sets up a new volume.
# Standard input is the password too, and unused: its change is what runs this script again.
set -eu
docker exec --interactive --user postgres "$CONTAINER" psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 \
    --username "$ROLE" --set role="$ROLE" --dbname "$ROLE" --file - <<'SQL'
\set password `cat /run/secrets/database/password`
ALTER ROLE :"role" PASSWORD :'password';
SQL
