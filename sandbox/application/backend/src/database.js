// PostgreSQL: one pool for requests and one connection for the health check, together as many as the setting says.
import pg from "pg";
import { CHECK_MILLISECONDS, CONNECT_MILLISECONDS, QUERY_MILLISECONDS } from "./limits.js";

/** Connect lazily; a database that is away makes queries fail, and is found again when it is back. */
export function connect({ databaseUrl, poolSize }, log) {
  const pool = (size, name, connectMilliseconds, queryMilliseconds) => {
    const made = new pg.Pool({
      connectionString: databaseUrl,
      application_name: name,
      max: size,
      connectionTimeoutMillis: connectMilliseconds,
      query_timeout: queryMilliseconds,
      statement_timeout: queryMilliseconds,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    });
    // An idle connection that breaks is told here; without a listener it would end the process.
    made.on("error", (error) => log.warn({ reason: error.message }, "database connection lost"));
    return made;
  };
  // A pool that is busy must not look like a database that is down, so the check does not queue behind requests.
  const requests = pool(poolSize - 1, "backend", CONNECT_MILLISECONDS, QUERY_MILLISECONDS);
  const check = pool(1, "backend-health", CHECK_MILLISECONDS, CHECK_MILLISECONDS);
  return {
    query: (text, values) => requests.query(text, values),
    ping: () => check.query("SELECT 1"),
    close: () => Promise.allSettled([requests.end(), check.end()]),
  };
}

/** Tell whether an error means that the database could not be asked, as opposed to that it said no. */
export function isUnavailable(error) {
  // Classes 08, 53 and 57 of SQLSTATE: connection, resources, operator intervention. Errors of the network have no
  // SQLSTATE, and neither have the time limits of the pool.
  return error.severity === undefined || /^(08|53|57)/.test(error.code ?? "");
}
