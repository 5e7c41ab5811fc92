#!/bin/sh
# Gives the role the password that its file holds now: the server itself reads it only when it sets up a new volume.
# Standard input is the password too, and unused: its change is what runs this script again.
set -eu
docker exec --interactive --user postgres "$CONTAINER" psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 \
    --username "$ROLE" --set role="$ROLE" --dbname "$ROLE" --file - <<'SQL'
\set password `cat /run/secrets/database/password`
-- A statement that fails, or is slow, would be logged with the password in it.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
ALTER ROLE :"role" PASSWORD :'password';
SQL
