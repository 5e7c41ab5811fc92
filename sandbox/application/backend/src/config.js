// The environment, read once and refused as a whole when something in it is missing or wrong.
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

const secret = z.string().min(1);

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  JWT_SECRET: secret,
  JWT_REFRESH_SECRET: secret,
  SESSION_SECRET: secret,
  // One connection of the pool is kept for the health check, hence at least two.
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(500).default(50),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  NODE_ENV: z.enum(["production", "test", "development"]).default("production"),
  APP_ENVIRONMENT: z.string().min(1).default("development"),
  RELEASE: z.string().regex(/^v\d+\.\d+\.\d+/, "is not a release like v1.0.0"),
});

/** Return the settings that the environment states; throws an error that names every variable at fault, never a value. */
export function load(environment) {
  const result = Environment.safeParse(environment);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`the environment is not complete: ${faults.join("; ")}`);
  }
  const given = result.data;
  return {
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    poolSize: given.DATABASE_POOL_SIZE,
    port: given.PORT,
    environment: given.APP_ENVIRONMENT,
    release: given.RELEASE,
    version: given.RELEASE.slice(1),
    instance: hostname(),
    // A release has the feature when it has the migration that the feature needs (see the Dockerfile).
    notes: existsSync(new URL("../migrations/0002_item-notes.sql", import.meta.url)),
  };
}
