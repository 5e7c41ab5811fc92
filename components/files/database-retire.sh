#!/bin/sh
# Refuses every login but the one of the password on standard input. Each step holds by itself, so that it may be
# interrupted anywhere and run again.
set -eu
login="${OWNER}_$(sha256sum | cut -c 1-8)"
docker exec --interactive --user postgres "$CONTAINER" psql --quiet --no-psqlrc --tuples-only --no-align \
    --set ON_ERROR_STOP=1 --dbname "$OWNER" --set owner="$OWNER" --set login="$login" --file - <<'SQL'
CREATE TEMPORARY VIEW retired AS
    SELECT rolname FROM pg_roles WHERE rolname ~ ('^' || :'owner' || '_[0-9a-f]{8}$') AND rolname <> :'login';
SELECT format('ALTER ROLE %I NOLOGIN', rolname) FROM retired \gexec
-- Waits for each session to end, at most five seconds.
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename IN (SELECT rolname FROM retired);
SELECT format('REASSIGN OWNED BY %1$I TO %2$I; DROP OWNED BY %1$I; DROP ROLE %1$I', rolname, :'owner')
    FROM retired \gexec
SQL
