// The HTTP server: the customer's contract under /api/v1.
import Fastify from "fastify";
import { ZodError } from "zod";
import { isUnavailable } from "./database.js";
import { httpStatus, reporter } from "./health.js";
import { items } from "./items.js";
import { memoryPercentage, observe } from "./metrics.js";

/** nginx keeps its connections for a minute; whoever keeps them longer never closes one that nginx is about to use. */
const KEEP_ALIVE_MILLISECONDS = 75_000;

const BODY_BYTES = 64 * 1024;

/** Return the server, not yet listening. */
export function build({ config, database, queues, loggerInstance }) {
  const app = Fastify({
    loggerInstance,
    bodyLimit: BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    requestTimeout: 30_000,
    // While it closes, the server answers what still arrives on open connections, and closes them when they are idle.
    return503OnClosing: false,
    forceCloseConnections: "idle",
  });
  // The headers' own limit must be the longer one: https://github.com/nodejs/node/issues/27363
  app.server.headersTimeout = KEEP_ALIVE_MILLISECONDS + 1000;

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ZodError) {
      const faults = error.issues.map((issue) => ({ field: issue.path.join("."), message: issue.message }));
      return reply.code(400).send({ error: "the request is not valid", faults });
    }
    if (error.statusCode && error.statusCode < 500) return reply.code(error.statusCode).send({ error: error.message });
    request.log.error({ reason: error.message, code: error.code }, "request failed");
    if (isUnavailable(error)) return reply.code(503).send({ error: "the database does not answer; try again" });
    return reply.code(500).send({ error: "internal error" });
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ error: "there is nothing here" }));

  const metrics = observe(app);
  const report = reporter({ config, database, queues, memoryPercentage });

  app.register(
    async (api) => {
      // Probes come every few seconds for ever, and their lines would bury the others.
      const quiet = { logLevel: "warn" };
      api.get("/health", quiet, async (_, reply) => {
        const health = await report();
        return reply.code(httpStatus(health)).send(health);
      });
      api.get("/health/live", quiet, async () => ({ status: "alive" }));
      api.get("/health/ready", quiet, async (_, reply) => {
        const { services } = await report();
        const ready = services.database.status === "up";
        return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready" });
      });
      api.get("/metrics", quiet, async () => metrics());
      api.get("/monitoring/status", quiet, async (_, reply) => {
        const health = await report();
        return reply.code(httpStatus(health)).send({ ...health, metrics: metrics() });
      });
      items(api, { config, database, queues });
    },
    { prefix: "/api/v1" },
  );
  return app;
}
