// Brings the database's schema up to this release. Safe to run twice, and at the same time: the second waits and finds
// nothing to do. Needs DATABASE_URL alone.
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";

// A migration that cannot get its lock blocks every query behind it: rather fail than stop the platform.
const LOCK_TIMEOUT = "10s";

const databaseUrl = process.env.DATABASE_URL;
if (!databaseUrl) throw new Error("the environment is not complete: DATABASE_URL is missing");

const applied = await runner({
  databaseUrl: {
    connectionString: databaseUrl,
    application_name: "migrate",
    connectionTimeoutMillis: 10_000,
    options: `-c lock_timeout=${LOCK_TIMEOUT}`,
  },
  dir: fileURLToPath(new URL("migrations", import.meta.url)),
  direction: "up",
  migrationsTable: "migrations",
  advisoryLockMode: "wait",
  log: () => {},
});
const names = applied.map((migration) => migration.name);
console.log(names.length ? `applied ${names.join(", ")}` : "nothing to apply");
