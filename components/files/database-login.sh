#!/bin/sh
# Lets the password on standard input in, beside those that are valid already, and prints the logins that there are.
# What a login makes belongs to the owner, which nobody logs in as: no password owns anything.
set -eu
password=$(cat)
login="${OWNER}_$(printf %s "$password" | sha256sum | cut -c 1-8)"
{
    printf "\\\\set password '%s'\n" "$password"
    cat <<'SQL'
-- A statement that fails, or is slow, would be logged with the password in it.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SELECT format('CREATE ROLE %I NOLOGIN', name) FROM unnest(ARRAY[:'owner', :'login']) AS name
    WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER DATABASE :"owner" OWNER TO :"owner";
GRANT :"owner" TO :"login";
ALTER ROLE :"login" SET role TO :'owner';
ALTER ROLE :"login" LOGIN PASSWORD :'password';
SELECT rolname FROM pg_roles WHERE rolname ~ ('^' || :'owner' || '_[0-9a-f]{8}$') ORDER BY rolname;
SQL
} | docker exec --interactive --user postgres "$CONTAINER" psql --quiet --no-psqlrc --tuples-only --no-align \
    --set ON_ERROR_STOP=1 --set VERBOSITY=terse --single-transaction --dbname "$OWNER" \
    --set owner="$OWNER" --set login="$login" --file -
